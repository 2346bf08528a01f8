import type { ViewConfigModel } from '@opentelemetry/configuration';
import type { Findings } from './file-findings.js';
import { isAtOrBelow } from './file-paths.js';
import type { MetricView, ViewAggregation, ViewSelector } from './metric-views.js';

/** Views of a configuration file as the setting `meter_provider.views`. */

export const VIEWS = 'meter_provider.views';
/** What is used instead of a view that could select more than it was meant to. */
export const NO_VIEW = 'nothing of that view';

/** https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax */
export const MAX_NAME_LENGTH = 255;
const NAME = new RegExp(`^[a-z][\\w.\\-/]{0,${MAX_NAME_LENGTH - 1}}$`, 'i');
/** The finest scale of the SDK's exponential histograms. */
const MAX_SCALE = 20;

/** @param faultyPaths the paths of what was taken out of the file: a view that lost a part of its selector is not used */
export function takeViews(
  views: readonly ViewConfigModel[] = [],
  faultyPaths: readonly string[],
  findings: Findings,
): void {
  const taken: MetricView[] = [];
  for (const each of views) {
    const path = findings.paths.get(each) ?? VIEWS;
    if (faultyPaths.some((faulty) => isInSelector(faulty) && isAtOrBelow(faulty, path))) continue;
    const selector = selectorOf(each, path, findings);
    const view = selector && viewOf(each, path, selector, findings);
    if (view && isApart(view, taken, each, findings)) taken.push(view);
  }
  if (taken.length > 0) findings.give(VIEWS, JSON.stringify(taken), VIEWS);
  if (views.length > 0) findings.settle(VIEWS);
}

export function isInSelector(path: string): boolean {
  return path.startsWith(`${VIEWS}[`) && /^[^.]*\.selector\b/.test(path.slice(VIEWS.length));
}

function selectorOf({ selector }: ViewConfigModel, path: string, findings: Findings): ViewSelector | undefined {
  const { instrument_name, instrument_type, unit, meter_name, meter_version, meter_schema_url } = selector;
  const taken: ViewSelector = {
    ...(instrument_name && { instrumentName: instrument_name }),
    ...(instrument_type && { instrumentType: instrument_type }),
    ...(unit && { unit }),
    ...(meter_name && { meterName: meter_name }),
    ...(meter_version && { meterVersion: meter_version }),
  };
  const at = `${path}.selector`;
  // The SDK takes a meter without a schema URL for one that has it.
  if (meter_schema_url) {
    findings.refuse(`${at}.meter_schema_url`, meter_schema_url, 'meter_name in its place', NO_VIEW);
    return undefined;
  }
  if (Object.keys(taken).length === 0) {
    findings.refuse(at, selector, 'something in it, such as instrument_name', NO_VIEW);
    return undefined;
  }
  // The SDK takes `?` and a second `*` for something else than the specification does.
  if (/\?|\*.*\*/s.test(taken.instrumentName ?? '')) {
    findings.refuse(`${at}.instrument_name`, instrument_name, 'a name with at most one * and without ?', NO_VIEW);
    return undefined;
  }
  return taken;
}

function viewOf({ stream }: ViewConfigModel, path: string, selector: ViewSelector, findings: Findings): MetricView {
  const { description, aggregation_cardinality_limit: cardinalityLimit, attribute_keys: keys } = stream;
  const name = nameOf(stream, path, selector, findings);
  const aggregation = aggregationOf(stream.aggregation, `${path}.stream.aggregation`, findings);
  return {
    path,
    selector,
    ...(name && { name }),
    ...(description && { description }),
    ...(aggregation && { aggregation }),
    ...(cardinalityLimit && { cardinalityLimit }),
    ...((keys?.included || keys?.excluded) && { attributeKeys: keys }),
  };
}

function nameOf(
  { name }: ViewConfigModel['stream'],
  path: string,
  { instrumentName }: ViewSelector,
  findings: Findings,
): string | undefined {
  if (!name) return undefined;
  const refused = (expected: string) => {
    findings.refuse(`${path}.stream.name`, name, expected, 'the name of the instrument');
    return undefined;
  };
  if (!instrumentName || instrumentName.includes('*'))
    return refused('no name, or an instrument_name without * beside it');
  if (!NAME.test(name)) return refused(`a letter, then letters, digits, _ . - /, at most ${MAX_NAME_LENGTH} in all`);
  return name;
}

function aggregationOf(
  aggregation: ViewConfigModel['stream']['aggregation'] = {},
  path: string,
  findings: Findings,
): ViewAggregation | undefined {
  const { drop, sum, last_value, explicit_bucket_histogram: explicit } = aggregation;
  const exponential = aggregation.base2_exponential_bucket_histogram;
  if (drop !== undefined) return { kind: 'drop' };
  if (sum !== undefined) return { kind: 'sum' };
  if (last_value !== undefined) return { kind: 'last_value' };
  if (explicit !== undefined) {
    return {
      kind: 'explicit_bucket_histogram',
      ...(explicit?.boundaries && { boundaries: explicit.boundaries }),
      ...(explicit?.record_min_max === false && { recordMinMax: false }),
    };
  }
  if (exponential === undefined) return undefined;
  const { max_scale: maxScale = MAX_SCALE, max_size: maxSize, record_min_max: recordMinMax } = { ...exponential };
  if (maxScale !== null && maxScale !== MAX_SCALE) {
    const at = `${path}.base2_exponential_bucket_histogram.max_scale`;
    findings.refuse(at, maxScale, `${MAX_SCALE}, which cannot be changed`, String(MAX_SCALE));
  }
  return {
    kind: 'base2_exponential_bucket_histogram',
    ...(maxSize && { maxSize }),
    ...(recordMinMax === false && { recordMinMax }),
  };
}

/**
 * Whether no view before makes a metric of the same name out of an instrument that both select. The SDK would count each measurement
 * twice: it records through both views into one storage.
 */
function isApart(view: MetricView, others: readonly MetricView[], given: ViewConfigModel, findings: Findings): boolean {
  const other = others.find((each) => canSelectTheSame(view.selector, each.selector) && hasSameName(view, each));
  if (other)
    findings.refuse(view.path, given, `other instruments than ${other.path} selects, or a name of its own`, NO_VIEW);
  return other === undefined;
}

function canSelectTheSame(a: ViewSelector, b: ViewSelector): boolean {
  const keys = ['instrumentType', 'unit', 'meterName', 'meterVersion'] as const;
  const isEither = keys.every((key) => a[key] === undefined || b[key] === undefined || a[key] === b[key]);
  return isEither && canMatchTheSame(a.instrumentName ?? '*', b.instrumentName ?? '*');
}

/** Of two names with at most one `*` each. */
function canMatchTheSame(a: string, b: string): boolean {
  const [startOfA = '', endOfA] = a.split('*');
  const [startOfB = '', endOfB] = b.split('*');
  if (endOfA === undefined && endOfB === undefined) return a === b;
  if (endOfA === undefined) return isMatch(a, startOfB, endOfB ?? '');
  if (endOfB === undefined) return isMatch(b, startOfA, endOfA);
  const starts = startOfA.startsWith(startOfB) || startOfB.startsWith(startOfA);
  return starts && (endOfA.endsWith(endOfB) || endOfB.endsWith(endOfA));
}

function isMatch(name: string, start: string, end: string): boolean {
  return name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end);
}

/** Of views that can select the same instrument. The SDK does not tell names apart by their case. */
function hasSameName(a: MetricView, b: MetricView): boolean {
  const instrument = [a, b].find(({ name }) => name !== undefined)?.selector.instrumentName;
  return (a.name ?? instrument)?.toLowerCase() === (b.name ?? instrument)?.toLowerCase();
}
