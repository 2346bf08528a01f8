import type { AwsConfiguration, Origin } from '../../config/configuration.js';
import type { Environment } from '../../config/environment.js';
import { detectPlatform } from '../../resource/detect.js';
import type { FetchText } from '../../resource/metadata-request.js';
import type { Platform } from '../../resource/platform.js';

export interface RegionFound {
  /** In force; absent when nobody names one. */
  readonly region?: string;
  /** Who decides it; where nobody does, who was looked at. */
  readonly source: string;
  /** All that name one, the deciding one first. */
  readonly named: readonly { readonly region: string; readonly source: string }[];
  /** Why a metadata service that was asked gave nothing. */
  readonly failure?: string;
}

export interface RegionSources {
  readonly aws: AwsConfiguration;
  readonly origins: Readonly<Record<string, Origin>>;
  readonly env: Environment;
  readonly platform: Platform;
  /** By the AWS SDK's reading of `~/.aws/config`. */
  profileRegion(profile: string | undefined): Promise<string | undefined>;
  readonly fetch: FetchText;
  readFile(path: string): string;
  readonly offline: boolean;
}

/** In the order in which the application looks: setting, profile, metadata of the platform. */
export async function findRegion(sources: RegionSources): Promise<RegionFound> {
  const { aws, env, platform, readFile, fetch } = sources;
  const named: { region: string; source: string }[] = [];
  const setting = env.AWS_REGION?.trim() ? 'AWS_REGION' : 'AWS_DEFAULT_REGION';
  if (aws.region) named.push({ region: aws.region, source: setting });
  const ofProfile = await sources.profileRegion(aws.profile);
  if (ofProfile) named.push({ region: ofProfile, source: `profile "${aws.profile ?? 'default'}"` });
  const detection = sources.offline ? undefined : await detectPlatform({ platform, env, fetch, readFile });
  if (detection?.region) named.push({ region: detection.region, source: detection.source });
  const [first] = named;
  return {
    ...(first && { region: first.region }),
    source: first?.source ?? 'this shell',
    named,
    ...(detection?.failure && { failure: detection.failure }),
  };
}
