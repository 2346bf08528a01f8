import { estimateCost } from '@org/monitoring/exporters/cloudwatch-metrics';

const NAMESPACE = 'ExperimentationPlatform';
const ERROR_LOG_GROUP = '/experimentation-platform/errors';

/** What the local endpoint has received so far, read by its JSON API. */
export class Arrivals {
  constructor(url, { intervalSeconds }) {
    this.url = url;
    this.intervalSeconds = intervalSeconds;
  }

  async read() {
    const [{ requests }, { metrics }, errors, spans, calls] = await Promise.all([
      this.get('/api/requests'),
      this.get(`/api/metrics?limit=5000&namespace=${NAMESPACE}`),
      this.errors(),
      this.get('/api/spans?limit=1'),
      this.get('/api/calls?limit=1'),
    ]);
    return {
      requests,
      errors,
      spans: spans.total,
      host: latestOf(metrics),
      calls: calls.total,
      cost: estimateCost({ series: metrics.length, interval: this.intervalSeconds }),
    };
  }

  async errors() {
    const { events } = await this.get(`/api/logs?limit=5000&group=${encodeURIComponent(ERROR_LOG_GROUP)}`).catch(
      () => ({ events: [] }),
    );
    return events.map(({ message }) => JSON.parse(message));
  }

  async get(path) {
    const response = await fetch(new URL(path, this.url));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  }
}

/** The newest value of each series that has no other dimensions than service and environment. */
function latestOf(metrics) {
  const serviceLevel = metrics.filter(
    ({ dimensions }) => Object.keys(dimensions).sort().join() === 'Environment,Service',
  );
  return new Map(serviceLevel.map(({ name, latest }) => [name, latest]));
}
