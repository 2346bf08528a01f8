import type { IdentifiedConfiguration } from '../config/configuration.js';
import { type Reading, readConfiguration } from '../config/read.js';
import type { RunningProcess } from './running.js';
import { destinationOf } from './which-process.js';

/**
 * The settings of the running process, as far as they decide where telemetry goes. Undefined while its event loop is held.
 * @param elsewhere has the names in AWS where the process has no destination that bears one
 */
export function settingsOf(
  running: RunningProcess,
  elsewhere: IdentifiedConfiguration,
): { configuration: IdentifiedConfiguration; values: Reading['values'] } | undefined {
  const { snapshot } = running;
  const settings = snapshot.application?.settings;
  if (settings === undefined) return undefined;
  const given = settings.filter(({ origin, value }) => origin !== 'default' && !value.includes('[redacted]'));
  const env = Object.fromEntries(given.map(({ name, value }) => [name, value]));
  const { configuration: own, values } = readConfiguration(env);
  const namespace = destinationOf(running, 'metrics').namespace ?? elsewhere.metrics.namespace;
  const group = destinationOf(running, 'logs').logGroup ?? elsewhere.logs.group;
  const merged: IdentifiedConfiguration = {
    ...own,
    aws: { ...own.aws, ...(snapshot.delivery.region !== undefined && { region: snapshot.delivery.region }) },
    metrics: { ...own.metrics, namespace },
    logs: { ...own.logs, group },
  };
  return { configuration: merged, values };
}
