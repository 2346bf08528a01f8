import { join } from 'node:path';

/** Where AWS credentials will come from, told without asking anybody and without looking at a secret. */

type Environment = Record<string, string | undefined>;

export interface CredentialsOptions {
  /** AWS_PROFILE as configured, when it did not come from `env`. */
  profile?: string;
  /** The home directory where `env` does not say. */
  home?: string;
  /** Whether an instance role is plausible: on EC2, Beanstalk, ECS and EKS. */
  onInstance: boolean;
  /** The text of a file; throws when it can't be read. */
  readFile(path: string): string;
}

export interface CredentialsOrigin {
  /** `environment variables`, `profile "shop" (~/.aws/config, SSO)`, `container role`, `no keys, profile or role` … */
  description: string;
  /** Whether keys stand in the environment or in a file, so that nobody needs to be asked for them. */
  hasKeys: boolean;
}

/** In the order of the AWS SDK. */
export function findCredentialsSource(env: Environment, options: CredentialsOptions): CredentialsOrigin {
  const profile = options.profile ?? env.AWS_PROFILE;
  const inEnvironment = Boolean(env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY);
  if (!profile && inEnvironment) return { description: 'environment variables', hasKeys: true };
  const found = findProfile(profile ?? 'default', env, options);
  if (found.source) return { description: found.source, hasKeys: found.hasKeys === true };
  const next = withoutProfile(env, options.onInstance);
  const remark = [
    profile && found.failure,
    profile && inEnvironment && 'the keys in the environment are not used beside AWS_PROFILE',
    incompletePair(env),
  ].filter(Boolean);
  if (remark.length === 0) return { description: next, hasKeys: false };
  const remarks = remark.join('; ');
  return {
    description: next === NO_CREDENTIALS_SOURCE ? `${next}: ${remarks}` : `${next} (${remarks})`,
    hasKeys: false,
  };
}

/** The description where nothing is found. A remark may follow it. */
export const NO_CREDENTIALS_SOURCE = 'no keys, profile or role';
/** The description where the metadata of an instance is to be asked for its role. */
export const INSTANCE_ROLE = 'instance role';

function withoutProfile(env: Environment, onInstance: boolean): string {
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN) return 'web identity';
  if (env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI) return 'container role';
  const disabled = env.AWS_EC2_METADATA_DISABLED;
  const mayAsk = !disabled || disabled === 'false';
  return onInstance && mayAsk ? INSTANCE_ROLE : NO_CREDENTIALS_SOURCE;
}

function incompletePair(env: Environment): string | undefined {
  const [id, secret] = [env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY];
  if (id && !secret) return 'AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY';
  return secret && !id ? 'AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID' : undefined;
}

interface ProfileFile {
  path: string;
  /** The section that holds a profile. */
  section: RegExp;
}

function profileFiles(env: Environment, { home }: Pick<CredentialsOptions, 'home'>, profile: string): ProfileFile[] {
  const name = profile.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const prefix = profile === 'default' ? '(?:profile\\s+)?' : 'profile\\s+';
  const directory = join(homeOf(env, home), '.aws');
  return [
    { path: env.AWS_SHARED_CREDENTIALS_FILE || join(directory, 'credentials'), section: new RegExp(`^${name}$`) },
    { path: env.AWS_CONFIG_FILE || join(directory, 'config'), section: new RegExp(`^${prefix}(["']?)${name}\\1$`) },
  ];
}

function homeOf(env: Environment, home = ''): string {
  return env.HOME || env.USERPROFILE || (env.HOMEPATH && `${env.HOMEDRIVE ?? 'C:\\'}${env.HOMEPATH}`) || home;
}

function shortPath(path: string, env: Environment, { home }: CredentialsOptions): string {
  const directory = homeOf(env, home);
  return directory && path.startsWith(directory) ? `~${path.slice(directory.length)}` : path;
}

interface FoundProfile {
  source?: string;
  hasKeys?: boolean;
  /** Why there is no source. */
  failure?: string;
}

function findProfile(profile: string, env: Environment, options: CredentialsOptions): FoundProfile {
  const files = profileFiles(env, options, profile).map(({ path, section }) => ({
    path: shortPath(path, env, options),
    keys: keysIn(section, path, options.readFile),
  }));
  const all = new Set(files.flatMap(({ keys }) => [...(keys ?? [])]));
  const kind = KINDS.find(({ needs }) => needs.every((key) => all.has(key)));
  const deciding = kind?.needs[0];
  const file = files.find(({ keys }) => deciding && keys?.has(deciding));
  if (kind && file) {
    const source = `profile "${profile}" (${file.path}${kind.says && `, ${kind.says}`})`;
    return { source, hasKeys: kind.says === '' };
  }
  const holders = files.filter(({ keys }) => keys !== undefined);
  if (holders.length > 0) return { failure: `profile "${profile}" in ${paths(holders)} has no credentials` };
  return { failure: `profile "${profile}" is not in ${paths(files)}` };
}

function paths(files: { path: string }[]): string {
  return files.map(({ path }) => path).join(' or ');
}

/** What keys make a profile what it is, in the order of the AWS SDK, which looks at both files as one. */
const KINDS: { needs: string[]; says: string }[] = [
  { needs: ['role_arn', 'source_profile'], says: 'role' },
  { needs: ['role_arn', 'credential_source'], says: 'role' },
  { needs: ['aws_access_key_id', 'aws_secret_access_key'], says: '' },
  { needs: ['web_identity_token_file', 'role_arn'], says: 'web identity' },
  { needs: ['credential_process'], says: 'process' },
  { needs: ['sso_session'], says: 'SSO' },
  { needs: ['sso_start_url'], says: 'SSO' },
  { needs: ['login_session'], says: 'console login' },
];

/** The names of the keys in a section of an INI file, undefined without such a section; what stands behind them is not kept. */
function keysIn(section: RegExp, path: string, readFile: (path: string) => string): Set<string> | undefined {
  const lines = linesIn(section, path, readFile);
  if (lines.length === 0) return undefined;
  return new Set(lines.flatMap((line) => /^\s*([\w-]+)\s*=/.exec(line)?.[1]?.toLowerCase() ?? []));
}

/** The lines of a section, its title first; none without such a section. */
function linesIn(section: RegExp, path: string, readFile: (path: string) => string): string[] {
  let inside = false;
  return linesOf(path, readFile).filter((line) => {
    const [, title] = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line) ?? [];
    if (title !== undefined) inside = section.test(title);
    return inside;
  });
}

function linesOf(path: string, readFile: (path: string) => string): string[] {
  try {
    return readFile(path).split(/\r?\n/);
  } catch {
    return [];
  }
}
