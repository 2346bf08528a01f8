import type { Environment } from '../config/environment.js';
import { readConfiguration } from '../config/read.js';
import { traceBounds } from '../config/trace-budget.js';
import { HOST_METRICS } from '../host/host-series.js';
import type { Production } from '../studio/views/cost.js';
import { containerLimits } from './container-limits.js';

/** The readings of requests; the first one is published by route as well. */
const REQUEST_READINGS = [
  'monitoring.request.process_cpu.time',
  'monitoring.request.heap.growth',
  'monitoring.request.eventloop.delay',
  'monitoring.request.in_flight',
];
/** The metric that a host without a memory limit does not have. */
const WITH_MEMORY_LIMIT = 'container.memory.available';

/** What the environment says of production, before `monitoring dev` shortens the intervals and traces every request. */
export function productionOf(env: Environment): Production {
  const { traces, host, requestPath } = readConfiguration(env).configuration;
  const { reservoirPerSecond, ratio } = traces.sampler;
  const bound = traceBounds(traces.budget)?.own;
  const isLimited = containerLimits(env).memory.source !== 'host';
  const ofHost = HOST_METRICS.filter((name) => isLimited || name !== WITH_MEMORY_LIMIT);
  const isRead = host.sampleRatio > 0 && requestPath === 'short';
  const readings = isRead ? REQUEST_READINGS : [];
  return {
    sampling: { reservoirPerSecond, ratio, ...(bound && { mostBytesPerSecond: bound.bytesPerSecond }) },
    foreseen: { service: [...ofHost, ...readings], route: readings.slice(0, 1) },
  };
}
