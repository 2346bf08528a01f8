import type { AwsCredentials } from '../../../exporters/aws/client-options.js';
import { credentialsSource } from '../../../exporters/aws/credentials.js';
import type { AwsConfiguration } from '../../config/configuration.js';

export interface LoadedCredentials {
  readonly credentials: AwsCredentials;
  /** Milliseconds that finding them took. */
  readonly duration: number;
}

/**
 * Credentials by the AWS SDK's chain, as the application finds them.
 * @throws the chain's error
 */
export async function loadCredentials(
  { profile }: AwsConfiguration,
  region: string | undefined,
): Promise<LoadedCredentials> {
  const source = credentialsSource({ ...(profile && { profile }), ...(region && { region }) });
  const began = performance.now();
  return { credentials: await source(), duration: performance.now() - began };
}
