import type { Check } from './check.js';
import { apiVersion } from './checks/api-version.js';
import { bundler } from './checks/bundler.js';
import { clock } from './checks/clock.js';
import { cloudTrail } from './checks/cloudtrail.js';
import { collector } from './checks/collector.js';
import { cost, seriesCap } from './checks/cost.js';
import { credentialsLoad } from './checks/credentials-load.js';
import { credentialsSource } from './checks/credentials-source.js';
import { errorDelivery, metricDelivery, traceDelivery } from './checks/delivery.js';
import { enabled } from './checks/enabled.js';
import { endpoints } from './checks/endpoints.js';
import { identity } from './checks/identity.js';
import { instrumented } from './checks/instrumented.js';
import { limits } from './checks/limits.js';
import { logGroup } from './checks/log-group.js';
import { metricsThere } from './checks/metrics-there.js';
import { moduleSystem } from './checks/module-system.js';
import { network } from './checks/network.js';
import { nodeVersion } from './checks/node-version.js';
import { otherAgents } from './checks/other-agents.js';
import { overhead } from './checks/overhead.js';
import { permissions } from './checks/permission.js';
import { pm2 } from './checks/pm2.js';
import { preloadFirst } from './checks/preload.js';
import { proxy } from './checks/proxy.js';
import { region } from './checks/region.js';
import { regionExists } from './checks/region-exists.js';
import { retention } from './checks/retention.js';
import { routes } from './checks/routes.js';
import { runningProcess } from './checks/running-process.js';
import { sampling } from './checks/sampling.js';
import { samplingRules } from './checks/sampling-rules.js';
import { serviceName } from './checks/service-name.js';
import { settings } from './checks/settings.js';
import { stopSignal } from './checks/stop-signal.js';
import { transactionSearch } from './checks/transaction-search.js';
import { errorProbe, metricProbe, traceProbe } from './checks/write-probe.js';

/** Every check, in the order of the answer. */
export const CHECKS: readonly Check[] = [
  nodeVersion,
  runningProcess,
  moduleSystem,
  stopSignal,
  preloadFirst,
  otherAgents,
  apiVersion,
  instrumented,
  bundler,
  pm2,
  settings,
  enabled,
  serviceName,
  region,
  regionExists,
  network,
  ...endpoints,
  collector,
  proxy,
  clock,
  credentialsSource,
  credentialsLoad,
  identity,
  ...permissions,
  cloudTrail,
  logGroup,
  retention,
  errorDelivery,
  errorProbe,
  metricDelivery,
  metricsThere,
  routes,
  metricProbe,
  traceDelivery,
  transactionSearch,
  sampling,
  samplingRules,
  traceProbe,
  limits,
  overhead,
  cost,
  seriesCap,
];

/** What the part of an id between the dashes stands for, in the order of the answer. */
export const AREAS: Readonly<Record<string, string>> = {
  RUN: 'Runtime',
  LOAD: 'Load order',
  CONF: 'Settings',
  NET: 'Network',
  CLOCK: 'Clock',
  CRED: 'Credentials',
  PERM: 'Permissions',
  LOGS: 'Errors',
  METR: 'Metrics',
  XRAY: 'Traces',
  HOST: 'Host',
  COST: 'Cost',
};

export function areaOf(id: string): string {
  return AREAS[id.split('-')[1] ?? ''] ?? id;
}
