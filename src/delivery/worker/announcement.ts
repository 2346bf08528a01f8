import { diag } from '@opentelemetry/api';
import { classify } from '../../../exporters/aws/errors.js';
import type { AwsAccess } from './aws-access.js';

/** What the start line says is being looked up. */
export interface LookedUp {
  readonly region: boolean;
  readonly credentials: boolean;
}

/** Says in one line what was found of what the start line says is being looked up, or that nothing was. Never rejects. */
export async function announce(access: AwsAccess, { region, credentials }: LookedUp): Promise<void> {
  const found = region && access.region !== undefined ? [`region ${access.region} (${access.regionFrom})`] : [];
  if (!credentials) {
    if (found.length > 0) diag.info(`found: ${found.join('; ')}`);
    return;
  }
  try {
    await access.credentials.get();
    diag.info(`found: ${[...found, 'AWS credentials'].join('; ')}`);
  } catch (error) {
    if (found.length > 0) diag.info(`found: ${found.join('; ')}`);
    const { name, message } = classify(error);
    diag.warn(`credentials: none found (${name}: ${message}); nothing is sent to AWS until there are some`);
    const forget = access.credentials.onRenewed(() => {
      forget();
      diag.info('found: AWS credentials; what was kept is sent now');
    });
  }
}
