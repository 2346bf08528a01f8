import { readFileSync } from 'node:fs';
import { profileRegion } from '../../../exporters/aws/service-location.js';
import { name, version } from '../../../package.json';
import type { OtlpConfiguration } from '../../config/configuration.js';
import type { Environment } from '../../config/environment.js';
import { identify, workingDirectory } from '../../resource/identity.js';
import { fetchText } from '../../resource/metadata-request.js';
import { AwsCaller } from '../aws/call.js';
import { loadCredentials } from '../aws/credentials.js';
import { type AwsService, endpointOf, givenEndpoint, withProfile } from '../aws/services.js';
import { containerLimits } from '../container-limits.js';
import { settingsOf } from '../process-settings.js';
import type { RunningProcess } from '../running.js';
import { findSubject, type SubjectOptions } from '../target.js';
import { findApplication } from './application.js';
import type { CheckContext, DoctorOptions } from './context.js';
import { lookUp, type Network, type Peer, reach, systemNetwork } from './reach.js';
import { findRegion, type RegionFound } from './region.js';
import { Secrets } from './secrets.js';

export interface ContextOptions extends DoctorOptions, Omit<SubjectOptions, 'offline'> {}

export interface OpenContext {
  readonly context: CheckContext;
  readonly secrets: Secrets;
  /** Whose settings these are, for a person. */
  readonly source: string;
  close(): void;
}

/** Signs requests to an endpoint of one's own where no region is set, as the exporters do. */
const REGION_OF_OWN_ENDPOINTS = 'us-east-1';

/**
 * What the checks may know, of the subject that the options and the environment name.
 * @throws CouldNotRun as `findSubject` does
 */
export async function openContext(
  shell: Environment,
  options: ContextOptions,
  network: Network = systemNetwork,
): Promise<OpenContext> {
  const { env, reading, running, entry, whose, source } = await findSubject(options, shell);
  const secrets = new Secrets(env);
  const application = findApplication(workingDirectory(), entry);
  const nodeVersion = running?.snapshot.node ?? process.versions.node;
  const identity = identify(reading.configuration, env, {
    distro: { name, version },
    // `monitoring` itself is no application: the working directory decides where none is named.
    ...((entry ?? application?.root) && { entry: entry ?? `${application?.root}/-` }),
    pid: process.pid,
    nodeVersion,
  });
  const own = running && settingsOf(running, identity.configuration);
  const settings = own?.configuration ?? identity.configuration;
  const configuration = { ...settings, aws: await withProfile(settings.aws, () => {}) };
  const { values } = own ?? reading;
  const forAll = values.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ? undefined : values.AWS_ENDPOINT_URL;
  // The application has no setting for a service that it does not use.
  const whereIs = (service: AwsService, name: string) =>
    service === 'cloudtrail' && forAll !== undefined ? new URL(forAll) : endpointOf(service, name, configuration.aws);
  const caller = new AwsCaller();
  const region = once(async () => {
    if (running !== undefined) return regionOf(running, whose);
    const { aws } = configuration;
    const { platform } = identity;
    const { offline } = options;
    return findRegion({
      aws,
      origins: reading.origins,
      env,
      platform,
      profileRegion: (profile) => profileRegion(profile, () => {}),
      fetch: fetchText,
      readFile,
      offline,
    });
  });
  const credentials = once(async () => {
    const loaded = await loadCredentials(configuration.aws, (await region()).region);
    secrets.add(loaded.credentials.accessKeyId);
    secrets.add(loaded.credentials.secretAccessKey);
    secrets.add(loaded.credentials.sessionToken);
    return loaded;
  });
  const reachUrl = eachOnce((url: string) => reach(url, network));
  const context: CheckContext = {
    options,
    env,
    reading,
    configuration,
    service: running ? serviceOf(running, identity.service) : identity.service,
    platform: identity.platform,
    attributes: running?.snapshot.resource ?? identity.attributes,
    shellCredentialsSource: identity.credentials,
    nodeVersion,
    whose,
    ...(running && { running }),
    ...(application && { application }),
    limits: () => containerLimits(env),
    readFile,
    now: Date.now,
    region,
    credentials,
    reachCollector: (collector) => reach(collector.url, network, peerOf(collector, readFile)),
    async reach(service) {
      const { region: name = REGION_OF_OWN_ENDPOINTS } = await region();
      // One endpoint for all is asked once.
      return reachUrl(whereIs(service, name).href);
    },
    async call(call, signal) {
      const { region: found } = await region();
      const name = found ?? (givenEndpoint(call.service, configuration.aws) ? REGION_OF_OWN_ENDPOINTS : undefined);
      if (name === undefined) throw new Error('no region');
      const loaded = await credentials();
      const endpoint = whereIs(call.service, name);
      return caller.call(call, { endpoint, region: name, credentials: loaded.credentials }, signal);
    },
    async resolves(host) {
      const { failure } = await lookUp(host, network);
      return failure === undefined;
    },
  };
  return { context, secrets, source, close: () => caller.destroy() };
}

/** The region that the process sends to: no setting of this shell counts. */
function regionOf({ snapshot }: RunningProcess, whose: string): RegionFound {
  const { region } = snapshot.delivery;
  if (region === undefined) return { source: whose, named: [] };
  return { region, source: whose, named: [{ region, source: whose }] };
}

function serviceOf({ snapshot }: RunningProcess, here: CheckContext['service']): CheckContext['service'] {
  const name = snapshot.resource['service.name'];
  const namespace = snapshot.resource['service.namespace'];
  if (typeof name !== 'string') return here;
  return {
    name,
    nameFrom: name.startsWith('unknown_service') ? 'nothing' : 'settings',
    ...(typeof namespace === 'string' && { namespace }),
  };
}

function readFile(path: string): string {
  return readFileSync(path, 'utf8');
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

function eachOnce<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const results = new Map<string, Promise<T>>();
  return (key) => {
    let result = results.get(key);
    if (result === undefined) {
      result = work(key);
      results.set(key, result);
    }
    return result;
  };
}

/** A PEM file that can't be read is left out, as the exporters do. */
function peerOf({ protocol, tls }: OtlpConfiguration, readFile: (path: string) => string): Peer {
  const text = (option: 'ca' | 'key' | 'cert', path: string | undefined) => {
    if (path === undefined) return {};
    try {
      return { [option]: readFile(path) };
    } catch {
      return {};
    }
  };
  return {
    protocol: protocol === 'grpc' ? 'grpc' : 'http',
    tls: {
      ...text('ca', tls.certificateAuthority),
      ...text('key', tls.clientKey),
      ...text('cert', tls.clientCertificate),
    },
  };
}
