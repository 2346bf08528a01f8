import { applyVariables } from '../../cloudwatch/template.js';
import { nearestName } from '../../config/nearest-name.js';
import { describeSets, type Emission, isPublished } from '../emitted-metrics.js';
import type { Finding } from '../templates/finding.js';
import type { Json } from '../templates/kind.js';
import { brokenPromise } from './promised-rate.js';
import { type MetricSearch, searchesIn } from './search-expression.js';

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Which lines of which widgets stay empty, since the application never emits their metric with exactly those dimensions; and which are not
 * the rate that their widget promises.
 */
export function lintDashboard(document: Json, emission: Emission): Finding[] {
  const shown = applyVariables(document);
  const widgets = isObject(shown) && Array.isArray(shown.widgets) ? shown.widgets : [];
  return widgets.flatMap((widget, index) =>
    isObject(widget)
      ? [
          ...lintWidget(widget, `/widgets/${index}`, emission),
          ...brokenPromises(widget, `/widgets/${index}`, isObject(shown) && shown.periodOverride === 'inherit'),
        ]
      : [],
  );
}

function brokenPromises({ type, properties }: Json, path: string, keepsPeriods: boolean): Finding[] {
  if (type !== 'metric' || !isObject(properties) || !Array.isArray(properties.metrics)) return [];
  const { title, stat, period, yAxis } = properties;
  const axes = isObject(yAxis) ? [yAxis.left, yAxis.right] : [];
  return properties.metrics.flatMap((row, index): Finding[] => {
    const options = (Array.isArray(row) ? row.findLast(isObject) : undefined) ?? {};
    const axis = axes[options.yAxis === 'right' ? 1 : 0];
    const texts = [title, isObject(axis) ? axis.label : undefined];
    const message = brokenPromise(options, { texts, stat, period, keepsPeriods });
    return message === undefined
      ? []
      : [{ severity: 'warning', path: `${path}/properties/metrics/${index}`, message: `${titled(title)}${message}` }];
  });
}

const titled = (title: unknown): string => (typeof title === 'string' ? `"${title}": ` : '');

function lintWidget({ type, properties }: Json, path: string, emission: Emission): Finding[] {
  if (!isObject(properties)) return [];
  const title = typeof properties.title === 'string' ? `"${properties.title}" ` : '';
  const finding = (at: string, reason: string): Finding => ({
    severity: 'warning',
    path: `${path}/properties${at}`,
    message: `${title}stays empty: ${reason}`,
  });
  if (type === 'log') return emptyLogs(properties, emission).map((reason) => finding('/query', reason));
  if (type !== 'metric' || !Array.isArray(properties.metrics)) return [];
  return readRows(properties.metrics, properties.region).flatMap(({ source, index }) => {
    const reason = source && whyEmpty(source, emission);
    return reason === undefined ? [] : [finding(`/metrics/${index}`, reason)];
  });
}

/** One line of a graph, or what one of its searches looks for. */
interface Row {
  readonly index: number;
  /** Absent: calculated from other lines. */
  readonly source?: MetricSearch;
}

/** The rows with what they abbreviate spelt out: `.` is what the row before has in that place, `...` all that it has up to there. */
function readRows(rows: readonly unknown[], region: unknown): Row[] {
  let before: string[] = [];
  return rows.flatMap((row, index): Row[] => {
    if (!Array.isArray(row)) return [];
    const options = row.findLast(isObject) ?? {};
    const fields = row.filter((field) => typeof field === 'string');
    if (typeof options.expression === 'string') {
      return searchesIn(options.expression).map((source) => ({ index, source }));
    }
    before = spellOut(fields, before);
    const foreign = options.accountId !== undefined || (options.region !== undefined && options.region !== region);
    return foreign || before.length < 2 ? [] : [{ index, source: exactly(before) }];
  });
}

function spellOut(fields: readonly string[], before: readonly string[]): string[] {
  const dots = fields.indexOf('...');
  if (dots === -1) return fields.map((field, place) => (field === '.' ? (before[place] ?? field) : field));
  const rest = fields.slice(dots + 1);
  return [...before.slice(0, before.length - rest.length), ...rest];
}

function exactly([namespace = '', metric = '', ...pairs]: readonly string[]): MetricSearch {
  const dimensions = pairs.filter((_, place) => place % 2 === 0);
  const values = Object.fromEntries(dimensions.map((name, place) => [name, [pairs[place * 2 + 1] ?? '']]));
  return { namespace, dimensions, metrics: [metric], values };
}

/** Why a line has no data from this application; undefined: it may have, or it is not about this application. */
export function whyEmpty(source: MetricSearch, emission: Emission): string | undefined {
  const { namespace, metrics } = source;
  const { target } = emission;
  const known = metrics.filter((name) => emission.metrics.has(name) || emission.off.has(name));
  if (namespace !== undefined && namespace !== target.namespace) {
    const ours = known.length > 0 && !namespace.startsWith('AWS/');
    return ours ? `${known[0]} is sent to the namespace ${target.namespace}, not to ${namespace}` : undefined;
  }
  if (emission.nowhere !== undefined && (namespace !== undefined || known.length > 0)) return emission.nowhere;
  if (metrics.length === 0) return undefined;
  const reasons = metrics.map((name) => whyMetricEmpty(name, source, emission));
  // Several names are alternatives.
  return reasons.every((reason) => reason !== undefined) ? reasons.join('; ') : undefined;
}

function whyMetricEmpty(name: string, source: MetricSearch, emission: Emission): string | undefined {
  const off = emission.off.get(name);
  if (off !== undefined) return `${name}: ${off}`;
  const metric = emission.metrics.get(name);
  const { dimensions } = source;
  if (metric === undefined) return unknownMetric(name, dimensions, emission);
  if (dimensions !== undefined) {
    const common = ['Service', 'Environment'].every((dimension) => dimensions.includes(dimension));
    const others = dimensions.filter((dimension) => dimension !== 'Service' && dimension !== 'Environment');
    if (!common || !isPublished(metric, others)) {
      const asked = dimensions.length === 0 ? 'no dimensions' : dimensions.join(', ');
      return `${name} is never published with ${asked}, but with ${describeSets(metric)}`;
    }
  }
  return otherValue(source, emission);
}

/** A metric of the application's own may have any name and attributes, but always the two dimensions that every series has. */
function unknownMetric(
  name: string,
  dimensions: readonly string[] | undefined,
  { metrics }: Emission,
): string | undefined {
  const nearest = nearestName(name, metrics.keys(), 2);
  if (nearest !== undefined) return `there is no metric ${name}; did you mean ${nearest}?`;
  const missing = ['Service', 'Environment'].filter((dimension) => dimensions && !dimensions.includes(dimension));
  if (missing.length === 0) return undefined;
  return `every series in this namespace has the dimensions Service and Environment, this one lacks ${missing.join(' and ')}`;
}

function otherValue({ values }: MetricSearch, { target }: Emission): string | undefined {
  for (const [dimension, own] of [
    ['Service', target.service],
    ['Environment', target.environment],
  ] as const) {
    const asked = values[dimension];
    if (asked !== undefined && !asked.includes(own)) {
      return `${dimension} is ${own} here, not ${asked.join(' or ')}`;
    }
  }
  return undefined;
}

function emptyLogs({ query }: Json, { target, noErrors }: Emission): string[] {
  const groups = Array.from(String(query).matchAll(/\bSOURCE\s+(?:'([^']*)'|"([^"]*)")/gi), ([, a, b]) => a ?? b ?? '');
  return noErrors !== undefined && groups.includes(target.logGroup) ? [noErrors] : [];
}
