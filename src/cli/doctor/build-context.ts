import { readFileSync } from 'node:fs';
import { profileRegion } from '../../../exporters/aws/service-location.js';
import { name, version } from '../../../package.json';
import type { Configuration, IdentifiedConfiguration, OtlpConfiguration } from '../../config/configuration.js';
import type { Environment } from '../../config/environment.js';
import { type Reading, readConfiguration } from '../../config/read.js';
import { identify, workingDirectory } from '../../resource/identity.js';
import { fetchText } from '../../resource/metadata-request.js';
import { AwsCaller } from '../aws/call.js';
import { loadCredentials } from '../aws/credentials.js';
import { type AwsService, endpointOf, givenEndpoint, withProfile } from '../aws/services.js';
import { containerLimits } from '../container-limits.js';
import { CouldNotRun } from '../exit.js';
import { findApplication } from './application.js';
import type { CheckContext, DoctorOptions } from './context.js';
import { lookUp, type Network, type Peer, reach, systemNetwork } from './reach.js';
import { findRegion } from './region.js';
import { findRunning, type RunningProcess } from './running.js';
import { Secrets } from './secrets.js';

export interface ContextOptions extends DoctorOptions {
  /** The entry file of the application. */
  readonly app?: string;
  /** The process to ask. */
  readonly pid?: number;
}

export interface OpenContext {
  readonly context: CheckContext;
  readonly secrets: Secrets;
  /** Whose settings these are, for a person. */
  readonly source: string;
  /** Other processes that could have been asked. */
  readonly others: readonly number[];
  close(): void;
}

/** Signs requests to an endpoint of one's own where no region is set, as the exporters do. */
const REGION_OF_OWN_ENDPOINTS = 'us-east-1';

/**
 * What the checks may know, of the running application where there is one, else of what this environment would make of it.
 * @throws CouldNotRun when a process is named that can't be asked
 */
export async function openContext(
  env: Environment,
  options: ContextOptions,
  network: Network = systemNetwork,
): Promise<OpenContext> {
  const reading = readConfiguration(env);
  const secrets = new Secrets(env);
  const { running, others, note } = await findProcess(reading.configuration, options.pid);
  const entry = options.app ?? running?.snapshot.application?.entry;
  const application = findApplication(workingDirectory(), entry);
  const nodeVersion = running?.snapshot.node ?? process.versions.node;
  const identity = identify(reading.configuration, env, {
    distro: { name, version },
    // `monitoring` itself is no application: the working directory decides where none is named.
    ...((entry ?? application?.root) && { entry: entry ?? `${application?.root}/-` }),
    pid: process.pid,
    nodeVersion,
  });
  const own = running && ofProcess(identity.configuration, running);
  const settings = own?.configuration ?? identity.configuration;
  const configuration = { ...settings, aws: await withProfile(settings.aws, () => {}) };
  const { values } = own ?? reading;
  const forAll = values.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ? undefined : values.AWS_ENDPOINT_URL;
  // The application has no setting for a service that it does not use.
  const whereIs = (service: AwsService, name: string) =>
    service === 'cloudtrail' && forAll !== undefined ? new URL(forAll) : endpointOf(service, name, configuration.aws);
  const caller = new AwsCaller();
  const region = once(() => {
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
    credentialsSource: identity.credentials,
    nodeVersion,
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
  return { context, secrets, source: note, others, close: () => caller.destroy() };
}

async function findProcess(
  { runFolder }: Configuration,
  pid: number | undefined,
): Promise<{ running?: RunningProcess; others: number[]; note: string }> {
  const { running, silent } = await findRunning(runFolder, pid);
  if (pid !== undefined && running.length === 0) {
    const [why] = silent;
    throw new CouldNotRun(
      why
        ? `process ${pid} can't be asked: ${why.reason}`
        : `process ${pid} has no status socket in ${runFolder ?? 'a run folder (MONITORING_RUN_FOLDER=none)'}; is it this user's, and preloaded?`,
    );
  }
  // The one that started last is the one that somebody has just changed something for.
  const [first, ...rest] = running.sort((a, b) => a.snapshot.uptime - b.snapshot.uptime);
  if (first === undefined) return { others: [], note: 'settings of this shell; no running process was found' };
  return { running: first, others: rest.map((each) => each.pid), note: `running process ${first.pid}` };
}

/** The running application's own settings, as far as they decide where telemetry goes. */
function ofProcess(
  configuration: IdentifiedConfiguration,
  { snapshot }: RunningProcess,
): { configuration: IdentifiedConfiguration; values: Reading['values'] } | undefined {
  const settings = snapshot.application?.settings;
  if (settings === undefined) return undefined;
  const given = settings.filter(({ origin, value }) => origin !== 'default' && !value.includes('[redacted]'));
  const env = Object.fromEntries(given.map(({ name, value }) => [name, value]));
  const { configuration: own, values } = readConfiguration(env);
  const status = (signal: string) =>
    snapshot.delivery.destinations.find((each) => each.signal === signal)?.status as
      | { namespace?: string; logGroup?: string }
      | undefined;
  const namespace = status('metrics')?.namespace ?? configuration.metrics.namespace;
  const group = status('logs')?.logGroup ?? configuration.logs.group;
  const merged: IdentifiedConfiguration = {
    ...own,
    aws: {
      ...own.aws,
      ...(own.aws.region === undefined && configuration.aws.region && { region: configuration.aws.region }),
    },
    metrics: { ...own.metrics, namespace },
    logs: { ...own.logs, group },
  };
  return { configuration: merged, values };
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
