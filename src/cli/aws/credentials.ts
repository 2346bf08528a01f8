import type { AwsCredentials } from '../../../exporters/aws/client-options.js';
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
  const { fromIni, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const began = performance.now();
  const options = { ...(profile && { profile }), ...(region && { clientConfig: { region } }) };
  try {
    return { credentials: await fromNodeProviderChain(options)(), duration: performance.now() - began };
  } catch (error) {
    if (profile === undefined) throw error;
    // The chain only says that it found none: the profile's own source says why.
    const credentials = await fromIni(options)();
    return { credentials, duration: performance.now() - began };
  }
}
