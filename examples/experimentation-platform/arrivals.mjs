const NAMESPACE = 'ExperimentationPlatform';

/** What the local endpoint has received so far, read by its JSON API: the same that its page shows. */
export class Arrivals {
  constructor(url) {
    this.url = url;
  }

  async read() {
    const [{ requests }, { metrics }, { total, events }, { total: spans }, { edges }, { cost }] = await Promise.all([
      this.get('/api/requests'),
      this.get(`/api/metrics?limit=5000&namespace=${NAMESPACE}`),
      this.errors(),
      this.get('/api/spans?limit=1'),
      this.get('/api/service-map'),
      this.get('/api/overview'),
    ]);
    return { requests, errors: { total, events }, spans, edges, host: latestOf(metrics), cost };
  }

  /** How many there were, and the newest of them. */
  async errors() {
    const { total, groups } = await this.get('/api/errors');
    const details = await Promise.all(groups.map(({ fingerprint }) => this.get(`/api/errors/${fingerprint}`)));
    return { total, events: details.flatMap((detail) => detail.events).sort((a, b) => a.at - b.at) };
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
    ({ dimensions }) =>
      Object.keys(dimensions).sort().join() === 'Environment,Service' &&
      dimensions.Service === 'experimentation-platform',
  );
  return new Map(serviceLevel.map(({ name, latest }) => [name, latest]));
}
