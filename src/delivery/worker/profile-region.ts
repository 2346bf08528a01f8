import { STSClient } from '@aws-sdk/client-sts';

/** The region that the AWS configuration files give the profile; the SDK reads them, no service is called. */
export async function profileRegion(profile: string | undefined): Promise<string | undefined> {
  const client = new STSClient(profile ? { profile } : {});
  try {
    return await client.config.region();
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}
