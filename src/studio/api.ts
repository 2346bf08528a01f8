import { Input } from '../cloudwatch/input.js';
import { parseStatistic } from '../cloudwatch/statistic.js';
import type { ApiContext, ApiRequest } from './api-request.js';
import { AwsError, awsErrorOf } from './aws-error.js';
import type { Datum } from './datum.js';
import { FAULT_KINDS, type FaultKind, type FaultRule, type Faults } from './faults.js';
import { json, mediaType, problem, type Reply } from './http.js';
import { reportRequests } from './request-report.js';
import { parseFilter } from './services/filter-pattern.js';
import { bucketise } from './services/metric-queries.js';
import { readSamplingSettings } from './services/xray.js';
import { evaluate } from './statistics.js';
import type { Service } from './store/journal.js';
import type { LogStream } from './store/log-groups.js';
import type { MetricSeries } from './store/metric-series.js';
import type { PointSeries } from './store/points.js';
import type { Store } from './store/store.js';
import { describeTrace, describeTraces, parseTraceId, type TraceQuery } from './trace-report.js';
import { rangeOf, VIEWS, viewOfOne } from './views/view-api.js';

/** The JSON API that tells what arrived. Times are epoch milliseconds, lists newest last unless said otherwise. */

const DEFAULT_LIMIT = 200;
const MAX_LIMIT = 5000;
const SERVICES: readonly Service[] = ['cloudwatch', 'logs', 'sts', 'xray', 'otlp', 'unknown'];

type Handler = (request: ApiRequest, context: ApiContext) => Reply;

const HANDLERS: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/': { GET: index },
  '/api': { GET: index },
  '/api/summary': { GET: summary },
  '/api/metrics': { GET: metrics },
  '/api/metrics/data': { GET: metricData },
  '/api/requests': { GET: (_request, { store }) => json({ requests: reportRequests(store) }) },
  '/api/logs': { GET: logs },
  '/api/traces': { GET: traces },
  '/api/spans': { GET: spans },
  ...VIEWS,
  '/api/calls': { GET: calls },
  '/api/refused': { GET: refused },
  '/api/data': { DELETE: clear },
  '/api/faults': { GET: listFaults, POST: addFault, DELETE: clearFaults },
  '/api/sampling-rules': { GET: samplingRules, PUT: setSamplingRules },
};

export const isApi = (method: string | undefined, path: string): boolean =>
  path === '/api' || path.startsWith('/api/') || (path === '/' && method === 'GET');

export function answerApi(request: ApiRequest, context: ApiContext): Reply {
  const handlers = Object.hasOwn(HANDLERS, request.path) ? HANDLERS[request.path] : oneOfMany(request.path);
  if (handlers === undefined) return problem(404, `Nothing is at ${request.path}.`);
  const handler = Object.hasOwn(handlers, request.method) ? handlers[request.method] : undefined;
  if (handler === undefined) {
    const reply = problem(405, `${request.method} is not answered here.`);
    return { ...reply, headers: { ...reply.headers, allow: Object.keys(handlers).join(', ') } };
  }
  const writes = request.method === 'POST' || request.method === 'PUT';
  if (writes && mediaType(request.headers) !== 'application/json') {
    return problem(415, 'Content-Type must be application/json.');
  }
  return guarded(() => handler(request, context));
}

function guarded(answer: () => Reply): Reply {
  try {
    return answer();
  } catch (error) {
    const refusal = awsErrorOf(error);
    if (refusal !== undefined) return problem(400, refusal.message);
    throw error;
  }
}

/** Paths that end in an id. */
function oneOfMany(path: string): Readonly<Record<string, Handler>> | undefined {
  const [, collection, id = ''] = /^\/api\/(traces|faults)\/([\w-]{1,64})$/.exec(path) ?? [];
  if (collection === 'traces') return { GET: (_request, { store }) => oneTrace(store, id) };
  if (collection === 'faults') return { DELETE: (_request, { faults }) => removeFault(faults, id) };
  return viewOfOne(path);
}

function index(): Reply {
  const paths = Object.keys(HANDLERS).filter((path) => path.startsWith('/api/'));
  return json({ name: '@org/monitoring local endpoint', api: [...paths, '/api/traces/<id>', '/api/faults/<id>'] });
}

function summary(_request: ApiRequest, { store, faults, now, started }: ApiContext): Reply {
  return json({ ...store.summary(), started, now, faults: faults.list().length });
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? String(DEFAULT_LIMIT);
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new AwsError('BadQuery', `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return limit;
}

function numberOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new AwsError('BadQuery', `${name} must be a number.`);
  return value;
}

/** The newest `limit`, oldest of them first, and how many there are. */
function newest<T>(name: string, items: readonly T[], query: URLSearchParams): Record<string, unknown> {
  return { total: items.length, [name]: items.slice(-limitOf(query)) };
}

function metrics({ query }: ApiRequest, { store }: ApiContext): Reply {
  const described = [...store.metrics.list().map(describeSeries), ...store.points.list().map(describePoints)];
  const wanted = described.filter(
    (series) =>
      isOrAny(query.get('namespace'), series.namespace) &&
      isOrAny(query.get('name'), series.name) &&
      isOrAny(query.get('source'), series.source),
  );
  return json({ total: wanted.length, metrics: wanted.slice(0, limitOf(query)) });
}

const isOrAny = (wanted: string | null, value: unknown): boolean => wanted === null || wanted === value;

function describeSeries(series: MetricSeries): Record<string, unknown> {
  return {
    id: series.id,
    source: 'cloudwatch',
    namespace: series.namespace,
    name: series.name,
    dimensions: Object.fromEntries(series.dimensions.map(({ name, value }) => [name, value])),
    received: series.received,
    held: series.data.length,
    latest: series.data.at(-1),
  };
}

function describePoints(series: PointSeries): Record<string, unknown> {
  return {
    id: series.id,
    source: series.origin.receiver,
    ...series.metric,
    dimensions: series.attributes,
    resource: series.origin.resource,
    scope: series.origin.scope.name,
    received: series.received,
    held: series.points.length,
    latest: series.points.at(-1),
  };
}

/** One series by `series=<id>`, or by `namespace`, `name` and `dim.<dimension>=<value>`; statistics by `stat`, repeatable. */
function metricData({ query }: ApiRequest, { store, now }: ApiContext): Reply {
  const points = store.points.list().find((series) => series.id === query.get('series'));
  if (points !== undefined) {
    return json({ ...describePoints(points), points: points.points.toArray().slice(-limitOf(query)) });
  }
  const series = findSeries(query, store);
  if (series === undefined) return problem(404, 'No such series.');
  const start = numberOf(query, 'start', 0);
  const end = numberOf(query, 'end', now + 24 * 3600 * 1000);
  const data = series.data.toArray().filter((datum) => datum.timestamp >= start && datum.timestamp < end);
  const statistics = statisticsOf(query, data, { start, end });
  return json({ ...describeSeries(series), ...newest('datums', data, query), ...statistics });
}

function findSeries(query: URLSearchParams, store: Store): MetricSeries | undefined {
  const id = query.get('series');
  if (id !== null) return store.metrics.list().find((series) => series.id === id);
  const dimensions = [...query]
    .filter(([name]) => name.startsWith('dim.'))
    .map(([name, value]) => ({ name: name.slice('dim.'.length), value }));
  return store.metrics.find(query.get('namespace') ?? '', query.get('name') ?? '', dimensions);
}

function statisticsOf(
  query: URLSearchParams,
  data: readonly Datum[],
  { start, end }: { readonly start: number; readonly end: number },
): Record<string, unknown> {
  const names = query.getAll('stat');
  if (names.length === 0) return {};
  const period = numberOf(query, 'period', 60);
  if (!(period >= 1)) throw new AwsError('BadQuery', 'period must be at least 1.');
  const buckets = bucketise(data, period, start, end);
  const statistics = names.map((name) => {
    const statistic = parseStatistic(name);
    if (statistic === undefined) throw new AwsError('BadQuery', `${name} is not a statistic.`);
    const values = buckets.map((bucket) => [bucket.start, evaluate(statistic, bucket.summary) ?? null]);
    return [name, values];
  });
  return { period, statistics: Object.fromEntries(statistics) };
}

/** Without `group`: the groups and what came by plain OTLP. With it: its events; `stream`, `filter`, `start`, `end`. */
function logs({ query }: ApiRequest, { store }: ApiContext): Reply {
  const name = query.get('group');
  if (name === null) return json({ groups: listGroups(store), ...newest('records', store.records.list(), query) });
  const group = store.logs.groups.get(name);
  if (group === undefined) return problem(404, `No log group ${name}.`);
  const matches = parseFilter(query.get('filter') ?? '');
  const start = numberOf(query, 'start', 0);
  const end = numberOf(query, 'end', Number.MAX_SAFE_INTEGER);
  const events = [...group.streams.values()]
    .filter((stream) => isOrAny(query.get('stream'), stream.name))
    .flatMap((stream) => stream.events().map((event) => ({ stream: stream.name, ...event })))
    .filter((event) => event.timestamp >= start && event.timestamp < end && matches(event.message))
    .sort((a, b) => a.timestamp - b.timestamp);
  return json({ group: name, ...newest('events', events, query) });
}

const listGroups = (store: Store): unknown[] =>
  [...store.logs.groups.values()].map((group) => ({
    name: group.name,
    retentionInDays: group.retentionInDays ?? null,
    streams: [...group.streams.values()].map(describeStream),
  }));

const describeStream = (stream: LogStream): Record<string, unknown> => ({
  name: stream.name,
  events: stream.size,
  storedBytes: stream.storedBytes,
});

function traces({ query }: ApiRequest, { store }: ApiContext): Reply {
  return json(newest('traces', describeTraces(store, traceQuery(query)), query));
}

function traceQuery(query: URLSearchParams): TraceQuery {
  const [service, route, status] = [query.get('service'), query.get('route'), query.get('status')];
  const text = query.get('text');
  return {
    ...(text === null ? {} : { text }),
    ...(status === null ? {} : { status }),
    range: rangeOf(query),
    ...(service === null ? {} : { service }),
    ...(route === null ? {} : { route }),
    errorsOnly: query.get('error') === 'true',
    minDurationMs: numberOf(query, 'minDurationMs', 0),
  };
}

function oneTrace(store: Store, id: string): Reply {
  const trace = store.traces.find(parseTraceId(id));
  return trace === undefined ? problem(404, `No trace ${id}.`) : json(describeTrace(trace));
}

function spans({ query }: ApiRequest, { store }: ApiContext): Reply {
  const wanted = store.traces
    .spans()
    .filter(
      (span) =>
        isOrAny(query.get('name'), span.name) && isOrAny(query.get('route'), span.attributes['http.route'] ?? null),
    )
    .sort((a, b) => a.arrived - b.arrived);
  return json(newest('spans', wanted, query));
}

function calls({ query }: ApiRequest, { store }: ApiContext): Reply {
  const wanted = store.calls
    .list()
    .filter((call) => isOrAny(query.get('service'), call.service) && isOrAny(query.get('action'), call.action));
  return json({ forgotten: store.calls.dropped, ...newest('calls', wanted, query) });
}

function refused({ query }: ApiRequest, { store }: ApiContext): Reply {
  return json({ forgotten: store.refused.dropped, ...newest('refused', store.refused.list(), query) });
}

function clear(_request: ApiRequest, { store }: ApiContext): Reply {
  store.clear();
  return json(store.summary());
}

function listFaults(_request: ApiRequest, { faults }: ApiContext): Reply {
  return json({ faults: faults.list() });
}

function addFault({ body }: ApiRequest, { faults }: ApiContext): Reply {
  const id = faults.add(readFault(Input.parse(body)));
  return json({ id }, 201);
}

function clearFaults(_request: ApiRequest, { faults }: ApiContext): Reply {
  faults.clear();
  return json({ faults: [] });
}

const removeFault = (faults: Faults, id: string): Reply =>
  faults.remove(id) ? json({ faults: faults.list() }) : problem(404, `No fault ${id}.`);

const NUMBERS = {
  times: [1, Number.MAX_SAFE_INTEGER],
  probability: [0, 1],
  delayMs: [0, 3_600_000],
  status: [400, 599],
  retryAfter: [0, 3600],
  offsetMs: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const;

function readFault(input: Input): FaultRule {
  const kind = FAULT_KINDS.find((known): known is FaultKind => known === input.string('kind'));
  if (kind === undefined) throw new AwsError('BadFault', `kind must be one of ${FAULT_KINDS.join(', ')}.`);
  const named = input.string('service');
  const service = SERVICES.find((known) => known === named);
  if (named !== undefined && service === undefined) {
    throw new AwsError('BadFault', `service must be one of ${SERVICES.join(', ')}.`);
  }
  const [path, action] = [input.string('path'), input.string('action')];
  return {
    kind,
    ...(service === undefined ? {} : { service }),
    ...(path === undefined ? {} : { path }),
    ...(action === undefined ? {} : { action }),
    ...readFaultNumbers(input),
  };
}

type FaultNumbers = Partial<Record<keyof typeof NUMBERS, number>>;

function readFaultNumbers(input: Input): FaultNumbers {
  const numbers: FaultNumbers = {};
  for (const name of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const value = input.number(name);
    if (value === undefined) continue;
    const [least, most] = NUMBERS[name];
    if (!(value >= least && value <= most)) throw new AwsError('BadFault', `${name} must be from ${least} to ${most}.`);
    numbers[name] = value;
  }
  return numbers;
}

function samplingRules(_request: ApiRequest, { store }: ApiContext): Reply {
  return json({ ...store.sampling.settings, statistics: store.sampling.reports() });
}

function setSamplingRules({ body }: ApiRequest, { store, now }: ApiContext): Reply {
  store.sampling.set(readSamplingSettings(Input.parse(body)), now);
  return json(store.sampling.settings);
}
