import { type BodyMessage, validateDashboardBody } from '../../cloudwatch/dashboard-body.js';
import { applyVariables } from '../../cloudwatch/template.js';
import { type AlarmState, evaluateAlarm } from './alarm-state.js';
import { type QueryResult, runQuery } from './insights.js';
import type { Fields } from './insights-operands.js';
import { parseQuery, QueryError } from './insights-syntax.js';
import { evaluateMetricWidget, type MetricContent, type MetricSource } from './metric-widget.js';
import type { Window } from './time-series.js';
import { choicesOf, readVariables, type Variable } from './variables.js';

/** A dashboard body with its data: what the page draws. */
export interface DashboardView {
  readonly name: string;
  readonly variables: readonly Variable[];
  readonly widgets: readonly WidgetView[];
  /** What PutDashboard would say of the body. */
  readonly errors: readonly BodyMessage[];
  readonly warnings: readonly BodyMessage[];
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
}

export interface WidgetView {
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly content: Content;
}

export type Content =
  | MetricContent
  | { readonly kind: 'text'; readonly markdown: string; readonly transparent: boolean }
  | LogContent
  | { readonly kind: 'alarm'; readonly alarms: readonly AlarmView[] }
  /** What the widget is, and why it is not drawn. */
  | { readonly kind: 'unsupported'; readonly text: string };

export interface LogContent {
  readonly kind: 'log';
  readonly view: 'table' | 'timeSeries' | 'bar' | 'pie';
  readonly query: string;
  readonly result: QueryResult;
  readonly notes: readonly string[];
}

export interface AlarmView extends AlarmState {
  readonly name: string;
  readonly description: string;
}

/** Where a dashboard's data comes from. */
export interface DashboardSource extends MetricSource {
  /** By time; undefined: there is no such group. */
  events(group: string, window: Window): readonly Fields[] | undefined;
  readonly logGroups: readonly string[];
  alarm(name: string): Readonly<Record<string, unknown>> | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export interface DashboardRequest {
  readonly name: string;
  readonly body: string;
  /** By the variables' ids. */
  readonly chosen: ReadonlyMap<string, string>;
  readonly window: Window;
}

export function evaluateDashboard(
  { name, body, chosen, window }: DashboardRequest,
  source: DashboardSource,
): DashboardView {
  const { errors, warnings } = validateDashboardBody(body);
  const parsed = parse(body);
  const variables = readVariables(parsed, chosen, source.held);
  const widgets = widgetsOf(applyVariables(parsed, choicesOf(variables)));
  const places = placesOf(widgets);
  return {
    name,
    variables,
    widgets: widgets.map((widget, index) => {
      const properties = isObject(widget.properties) ? widget.properties : {};
      const content = contentOf(text(widget.type), properties, source, window);
      return { title: text(properties.title), ...(places[index] as Place), content };
    }),
    errors,
    warnings,
    start: window.start,
    end: window.end,
  };
}

const widgetsOf = (body: unknown): Json[] =>
  isObject(body) && Array.isArray(body.widgets) ? body.widgets.filter(isObject) : [];

function parse(body: string): Json {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const GRID = 24;
const SIZE = 6;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Widgets without a place follow each other from left to right. */
function placesOf(widgets: readonly Json[]): Place[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return widgets.map((widget) => {
    const whole = (value: unknown, fallback: number): number => (Number.isInteger(value) ? Number(value) : fallback);
    const width = Math.min(Math.max(whole(widget.width, SIZE), 1), GRID);
    const height = Math.min(Math.max(whole(widget.height, SIZE), 1), 1000);
    if (typeof widget.x === 'number' && typeof widget.y === 'number') {
      return {
        x: Math.min(Math.max(whole(widget.x, 0), 0), GRID - width),
        y: Math.max(whole(widget.y, 0), 0),
        width,
        height,
      };
    }
    if (x + width > GRID) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const place = { x, y, width, height };
    x += width;
    rowHeight = Math.max(rowHeight, height);
    return place;
  });
}

function contentOf(type: string, properties: Json, source: DashboardSource, window: Window): Content {
  switch (type) {
    case 'metric':
      return evaluateMetricWidget(properties, source, window);
    case 'text':
      return {
        kind: 'text',
        markdown: text(properties.markdown),
        transparent: properties.background === 'transparent',
      };
    case 'log':
      return logContent(properties, source, window);
    case 'alarm':
      return { kind: 'alarm', alarms: alarmsOf(properties, source) };
    case 'explorer':
      return { kind: 'unsupported', text: 'Explorer widgets find AWS resources by tags; there are none here.' };
    case 'chart':
      return {
        kind: 'unsupported',
        text: 'Chart widgets ask in PromQL what came by OTLP; PromQL is not evaluated here.',
      };
    default:
      return { kind: 'unsupported', text: `A widget of the type ${type || 'nothing'} is not known.` };
  }
}

function alarmsOf(properties: Json, source: DashboardSource): AlarmView[] {
  const arns = Array.isArray(properties.alarms) ? properties.alarms.map(String) : [];
  return arns.map((arn) => {
    const name = /:alarm:(.*)$/.exec(arn)?.[1] ?? arn;
    const alarm = source.alarm(name);
    if (alarm === undefined) {
      return {
        name,
        description: '',
        state: 'INSUFFICIENT_DATA',
        reason: 'no alarm of this name was put here',
        values: [],
        threshold: null,
      };
    }
    return { name, description: text(alarm.AlarmDescription), ...evaluateAlarm(alarm, source.held, source.now) };
  });
}

const NOTHING: QueryResult = { columns: [], rows: [], times: [], bin: undefined, scanned: 0, matched: 0 };

function logContent(properties: Json, source: DashboardSource, window: Window): LogContent {
  const query = text(properties.query);
  const views = ['table', 'timeSeries', 'bar', 'pie'] as const;
  const view = views.find((known) => known === properties.view) ?? 'table';
  try {
    const parsed = parseQuery(query);
    const missing = parsed.sources.filter((group) => !source.logGroups.includes(group));
    const events = parsed.sources.flatMap((group) => source.events(group, window) ?? []);
    const sorted =
      parsed.sources.length > 1
        ? events.sort((a, b) => Number(a.get('@timestamp')) - Number(b.get('@timestamp')))
        : events;
    return {
      kind: 'log',
      view,
      query,
      result: runQuery(parsed, sorted),
      notes: missing.map((group) => noGroup(group, source)),
    };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { kind: 'log', view, query, result: NOTHING, notes: [`not evaluated here: ${error.message}`] };
  }
}

function noGroup(group: string, { logGroups }: DashboardSource): string {
  const others = logGroups.length === 0 ? 'none has' : logGroups.slice(0, 3).join(', ');
  return `the log group ${group} has not arrived; ${logGroups.length === 0 ? others : `these have: ${others}`}`;
}
