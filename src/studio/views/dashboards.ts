import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateDashboardBody } from '../../cloudwatch/dashboard-body.js';
import { fillTemplate, type TemplateValues } from '../../cloudwatch/template.js';
import { type DashboardSource, type DashboardView, evaluateDashboard } from '../dashboards/dashboard.js';
import type { Fields, Scalar } from '../dashboards/insights-operands.js';
import type { Window } from '../dashboards/time-series.js';
import type { LogEvent } from '../store/log-groups.js';
import type { Store } from '../store/store.js';
import { isWithin, type TimeRange } from '../time-range.js';
import { member, occurrences, parseEvent } from './occurrence.js';

/** One line of the list of dashboards. */
export interface DashboardEntry {
  readonly name: string;
  /** A file, or `PutDashboard`. */
  readonly from: string;
  readonly title: string;
  readonly widgets: number;
  readonly errors: number;
}

interface Found {
  readonly from: string;
  readonly body: string;
}

/** Bytes of a file that is taken for a dashboard body; PutDashboard takes far less. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

export function listDashboards(store: Store, folders: readonly string[]): DashboardEntry[] {
  return [...findDashboards(store, folders)].map(([name, { from, body }]) => ({
    name,
    from,
    title: titleOf(body) ?? name,
    widgets: widgetsOf(body).length,
    errors: validateDashboardBody(body).errors.length,
  }));
}

/** Those of the folders, a later folder's before an earlier one's; then those that were put. */
function findDashboards(store: Store, folders: readonly string[]): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const folder of folders) {
    for (const file of filesOf(folder)) {
      const path = join(folder, file);
      const body = readBody(path);
      if (body !== undefined) found.set(file.slice(0, -'.json'.length), { from: path, body });
    }
  }
  for (const [name, { body }] of store.dashboards.list()) found.set(name, { from: 'PutDashboard', body });
  return found;
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .sort();
  } catch {
    return [];
  }
}

function readBody(path: string): string | undefined {
  try {
    const body = readFileSync(path, 'utf8');
    return body.length > MAX_FILE_BYTES ? undefined : body;
  } catch {
    return undefined;
  }
}

function widgetsOf(body: string): readonly { readonly properties?: { readonly markdown?: unknown } }[] {
  try {
    const { widgets } = JSON.parse(body);
    return Array.isArray(widgets) ? widgets.filter((widget) => typeof widget === 'object' && widget !== null) : [];
  } catch {
    return [];
  }
}

/** The first heading of its first text. */
function titleOf(body: string): string | undefined {
  for (const { properties } of widgetsOf(body)) {
    const heading = /^#\s+(.+)$/m.exec(String(properties?.markdown ?? ''));
    if (heading !== null) return heading[1];
  }
  return undefined;
}

/** Values over a range are at most so many, and not closer than the exports. */
const VALUES = 90;
const STEPS = [2000, 5000, 10_000, 15_000, 20_000, 30_000];

/** Undefined: there is no dashboard of that name. */
export function showDashboard(
  store: Store,
  folders: readonly string[],
  request: {
    readonly name: string;
    readonly chosen: ReadonlyMap<string, string>;
    readonly range: TimeRange;
    readonly live: boolean;
    readonly now: number;
  },
): DashboardView | undefined {
  const found = findDashboards(store, folders).get(request.name);
  if (found === undefined) return undefined;
  const body = filled(found.body, fillingOf(store));
  const window = windowOf(store, request);
  return evaluateDashboard({ name: request.name, body, chosen: request.chosen, window }, sourceOf(store, request.now));
}

/** What is no JSON has no placeholders. */
function filled(body: string, values: TemplateValues): string {
  try {
    return JSON.stringify(fillTemplate(JSON.parse(body), values));
  } catch {
    return body;
  }
}

function windowOf(
  store: Store,
  { range, live, now }: { readonly range: TimeRange; readonly live: boolean; readonly now: number },
): Window {
  const end = Math.min(range.end, now);
  const first = store.metrics.list().reduce((least, { firstArrival }) => Math.min(least, firstArrival), end - 300_000);
  // Before anything arrived there is nothing to see; the console shows the whole range all the same.
  const start = live || !Number.isFinite(range.start) ? Math.max(range.start, first) : range.start;
  const slide = live ? STEPS.find((step) => (end - start) / step <= VALUES) : undefined;
  return { start, end, slide };
}

/** The placeholders as what has arrived has them: they are filled on deployment, and here there is none. */
function fillingOf(store: Store): TemplateValues {
  const all = store.metrics.list();
  const service = serviceWithMost(all);
  const ofService = all.filter(({ dimensions }) => dimensions.some(({ value }) => value === service));
  const series = ofService.find(({ name }) => name === 'http.server.request.duration') ?? ofService[0] ?? all[0];
  const dimension = (wanted: string): string => series?.dimensions.find(({ name }) => name === wanted)?.value ?? '';
  const calls = store.calls.list();
  const errors = occurrences(store).findLast(({ group }) => group !== null)?.group;
  return {
    namespace: series?.namespace ?? '',
    region: calls.findLast(({ region }) => region !== undefined)?.region ?? 'us-east-1',
    logGroup: errors ?? [...store.logs.groups.keys()][0] ?? '',
    service: dimension('Service'),
    environment: dimension('Environment'),
  };
}

/** The service that has the most series: its dashboards have the most to show. */
function serviceWithMost(all: ReturnType<Store['metrics']['list']>): string | undefined {
  const counts = new Map<string, number>();
  for (const { dimensions } of all) {
    const service = dimensions.find(({ name }) => name === 'Service')?.value;
    if (service !== undefined) counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function sourceOf(store: Store, now: number): DashboardSource {
  const read = new Map<string, readonly Fields[]>();
  return {
    held: store.metrics.list(),
    otlpNames: new Set(store.points.list().map(({ metric }) => metric.name)),
    logGroups: [...store.logs.groups.keys()],
    now,
    alarm: (name) => store.alarms.get(name)?.configuration,
    events: (group, window) => {
      const known = read.get(group) ?? eventsOf(store, group, window);
      if (known !== undefined) read.set(group, known);
      return known;
    },
  };
}

/** Events that one query reads, the newest. */
const MAX_EVENTS = 20_000;

function eventsOf(store: Store, name: string, range: TimeRange): readonly Fields[] | undefined {
  const group = store.logs.groups.get(name);
  if (group === undefined) return undefined;
  return [...group.streams.values()]
    .flatMap((stream) =>
      stream.events().flatMap((event) => (isWithin(event.timestamp, range) ? [{ event, stream: stream.name }] : [])),
    )
    .sort((a, b) => a.event.timestamp - b.event.timestamp)
    .slice(-MAX_EVENTS)
    .map(({ event, stream }) => new EventFields(event, stream, name));
}

/** An event as Logs Insights sees it: its own fields begin with @, those of its JSON are found in it. */
class EventFields implements Fields {
  #json: ReturnType<typeof parseEvent>;
  #parsed = false;

  constructor(
    private readonly event: LogEvent,
    private readonly stream: string,
    private readonly group: string,
  ) {}

  get(name: string): Scalar | undefined {
    switch (name) {
      case '@timestamp':
        return this.event.timestamp;
      case '@ingestionTime':
        return this.event.ingestionTime;
      case '@message':
        return this.event.message;
      case '@logStream':
        return this.stream;
      case '@log':
        return this.group;
      default:
        return this.#member(name);
    }
  }

  #member(name: string): Scalar | undefined {
    if (!this.#parsed) this.#json = parseEvent(this.event.message);
    this.#parsed = true;
    const value = member(this.#json, name);
    return typeof value === 'object' ? undefined : value;
  }
}
