import type { ApiContext, ApiRequest } from '../api-request.js';
import { AwsError } from '../aws-error.js';
import { json, problem, type Reply } from '../http.js';
import type { TimeRange } from '../time-range.js';
import { parseTraceId } from '../trace-report.js';
import { describeCost } from './cost.js';
import { listDashboards, showDashboard } from './dashboards.js';
import { describeErrors, errorsOfTrace, listErrors } from './errors.js';
import { describeOverview } from './overview.js';
import { describePipeline } from './pipeline.js';
import { search } from './search.js';
import { describeSeries, listSeries } from './series.js';
import { describeServiceMap } from './service-map.js';
import { describeWaterfall } from './waterfall.js';

/** What the page shows, one view each, as JSON for whoever asks. `start` and `end` are epoch milliseconds. */

type View = (request: ApiRequest, context: ApiContext) => Reply;

export const VIEWS: Readonly<Record<string, { readonly GET: View }>> = {
  '/api/overview': { GET: overview },
  '/api/dashboards': {
    GET: (_request, { store, views }) => json({ dashboards: listDashboards(store, views.dashboardFolders) }),
  },
  '/api/search': {
    GET: ({ query }, { store, views }) =>
      json(search(store, views.dashboardFolders, query.get('q') ?? '', rangeOf(query))),
  },
  '/api/errors': { GET: ({ query }, { store }) => json(listErrors(store, rangeOf(query))) },
  '/api/series': { GET: (_request, { store }) => json({ series: listSeries(store) }) },
  '/api/cost': { GET: cost },
  '/api/pipeline': { GET: (_request, { store }) => json(describePipeline(store)) },
  '/api/service-map': { GET: ({ query }, { store }) => json(describeServiceMap(store, rangeOf(query))) },
};

/** Views of one thing, whose id the path ends in. */
export function viewOfOne(path: string): { readonly GET: View } | undefined {
  const [, collection, id = '', part, inner = ''] =
    /^\/api\/(dashboards|errors|series|traces)\/([^/]{1,600})(?:\/(waterfall|spans)(?:\/([0-9a-f]{16}))?)?$/.exec(
      path,
    ) ?? [];
  if (collection === 'dashboards' && part === undefined)
    return { GET: (request, context) => oneDashboard(request, context, id) };
  if (collection === 'errors' && part === undefined)
    return { GET: (request, context) => oneError(request, context, id) };
  if (collection === 'series' && part === undefined)
    return { GET: (request, context) => oneSeries(request, context, id) };
  if (collection === 'traces' && part === 'waterfall') return { GET: (_request, context) => waterfall(context, id) };
  if (collection === 'traces' && part === 'spans') return { GET: (_request, context) => oneSpan(context, id, inner) };
  return undefined;
}

export function rangeOf(query: URLSearchParams): TimeRange {
  const read = (name: string, fallback: number): number => {
    const text = query.get(name);
    if (text === null) return fallback;
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value))
      throw new AwsError('BadQuery', `${name} must be epoch milliseconds.`);
    return value;
  };
  return { start: read('start', Number.NEGATIVE_INFINITY), end: read('end', Number.POSITIVE_INFINITY) };
}

function overview({ query }: ApiRequest, { store, now, views }: ApiContext): Reply {
  return json(describeOverview(store, rangeOf(query), { now, production: views.production }));
}

/** `requests`: how many come a month, for the cost of the whole. */
function cost({ query }: ApiRequest, { store, views }: ApiContext): Reply {
  const text = query.get('requests');
  if (text !== null && !/^\d{1,15}$/.test(text))
    throw new AwsError('BadQuery', 'requests must be a whole number of requests a month.');
  return json(describeCost(store, views.production, text === null ? undefined : Number(text)));
}

/** Variables by `var.<id>`; `live=true`: values that move on with every export instead of with the period. */
function oneDashboard({ query }: ApiRequest, { store, views, now }: ApiContext, id: string): Reply {
  const variables = [...query].filter(([name]) => name.startsWith('var.'));
  const chosen = new Map(variables.map(([name, value]) => [name.slice('var.'.length), value]));
  const request = { name: decode(id), chosen, range: rangeOf(query), live: query.get('live') === 'true', now };
  const view = showDashboard(store, views.dashboardFolders, request);
  return view === undefined ? problem(404, 'There is no dashboard of that name.') : json(view);
}

function oneError({ query }: ApiRequest, { store, views }: ApiContext, id: string): Reply {
  const detail = describeErrors(store, decode(id), rangeOf(query));
  return detail === undefined
    ? problem(404, 'No error of that fingerprint is held.')
    : json({ ...detail, editor: views.editor ?? null });
}

function decode(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function oneSeries({ query }: ApiRequest, { store }: ApiContext, id: string): Reply {
  const period = Number(query.get('period') ?? 10);
  if (!(period >= 1 && period <= 86_400)) throw new AwsError('BadQuery', 'period must be from 1 to 86400 seconds.');
  const detail = describeSeries(store, id, rangeOf(query), period);
  return detail === undefined ? problem(404, 'No such series.') : json(detail);
}

function waterfall({ store }: ApiContext, id: string): Reply {
  const trace = store.traces.find(parseTraceId(id));
  return trace === undefined ? problem(404, `No trace ${id}.`) : json(describeWaterfall(trace));
}

/** With the errors that it is the span of; without an id, those of the whole trace. */
function oneSpan({ store }: ApiContext, id: string, spanId: string): Reply {
  const traceId = parseTraceId(id);
  const errors = errorsOfTrace(store, traceId);
  if (spanId === '') return json({ errors });
  const span = store.traces
    .find(traceId)
    ?.spans.toArray()
    .find((one) => one.spanId === spanId);
  return span === undefined ? problem(404, 'No such span.') : json({ span, errors });
}
