import type { Input } from '../../cloudwatch/input.js';
import { commonError } from '../aws-error.js';
import type { Span } from '../otlp-model.js';
import { DEFAULT_RULE, type SamplingRule } from '../sampling-rule.js';
import type { SamplingSettings, SamplingStore } from '../store/sampling.js';
import type { Store } from '../store/store.js';
import type { TraceStore } from '../store/traces.js';
import { parseTraceId } from '../trace-report.js';
import { segmentDocument } from './span-documents.js';

/** Statistics documents in one request: limit of GetSamplingTargets. */
export const MAX_STATISTICS = 25;
/** Seconds between a client's reports. */
const REPORT_INTERVAL = 10;

export const invalid = (message: string): Error => commonError('xray', 'invalid', message);

export interface XRayContext {
  readonly store: Store;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The error that refuses the input. An operation from outside the bundle of the endpoint has no other. */
  invalid(message: string): Error;
}

export interface XRayAnswer {
  readonly output: Readonly<Record<string, unknown>>;
  /** Items in the request; 0 when absent. */
  readonly items?: number;
  /** Items that the operation refused although the call succeeded. */
  readonly rejected?: { readonly count: number; readonly message: string };
}

/** One operation of X-Ray: a POST of JSON to a path of its own. */
export interface XRayOperation {
  readonly name: string;
  readonly path: string;
  /** @throws InputError, or an error of `context.invalid` */
  answer(input: Input, context: XRayContext): XRayAnswer;
  /** How many items a refused call carried; none when absent. @throws InputError */
  countItems?(input: Input): number;
}

/** The operations that the endpoint always answers: X-Ray API reference. */
export const XRAY_OPERATIONS: readonly XRayOperation[] = [
  {
    name: 'GetSamplingRules',
    path: '/GetSamplingRules',
    answer: (input, { store }) => ({ output: getSamplingRules(store.sampling, input) }),
  },
  {
    name: 'GetSamplingTargets',
    path: '/SamplingTargets',
    answer: (input, { store, now }) => ({ output: getSamplingTargets(store.sampling, input, now) }),
  },
  {
    name: 'BatchGetTraces',
    path: '/Traces',
    answer: (input, { store }) => ({ output: batchGetTraces(store.traces, input) }),
  },
];

/** Settings from outside: `rules`, and how the calls are answered. */
export function readSamplingSettings(input: Input): SamplingSettings {
  const pageSize = input.number('pageSize');
  if (pageSize !== undefined && !(pageSize >= 1)) throw invalid('pageSize must be 1 or more.');
  return {
    rules: readSamplingRules(input.inputs('rules') ?? []),
    ...(pageSize === undefined ? {} : { pageSize }),
    unprocessed: input.stringMap('unprocessed') ?? {},
  };
}

/** Members that are left out match everything. */
function readSamplingRules(inputs: readonly Input[]): SamplingRule[] {
  return inputs.map((input) => {
    const rule: SamplingRule = {
      ...DEFAULT_RULE,
      RuleName: input.string('RuleName') ?? '',
      Priority: input.number('Priority') ?? DEFAULT_RULE.Priority,
      FixedRate: input.number('FixedRate') ?? DEFAULT_RULE.FixedRate,
      ReservoirSize: input.number('ReservoirSize') ?? DEFAULT_RULE.ReservoirSize,
      ServiceName: input.string('ServiceName') ?? '*',
      ServiceType: input.string('ServiceType') ?? '*',
      Host: input.string('Host') ?? '*',
      HTTPMethod: input.string('HTTPMethod') ?? '*',
      URLPath: input.string('URLPath') ?? '*',
      ResourceARN: input.string('ResourceARN') ?? '*',
      Version: input.number('Version') ?? DEFAULT_RULE.Version,
      ...(input.has('Attributes') ? { Attributes: input.stringMap('Attributes') ?? {} } : {}),
    };
    if (rule.RuleName === '') throw invalid('RuleName is required.');
    if (!(rule.FixedRate >= 0 && rule.FixedRate <= 1)) throw invalid('FixedRate must be between 0 and 1.');
    if (!(rule.ReservoirSize >= 0)) throw invalid('ReservoirSize must not be negative.');
    return rule;
  });
}

const withDefault = (rules: readonly SamplingRule[]): SamplingRule[] =>
  [...rules, ...(rules.some((rule) => rule.RuleName === 'Default') ? [] : [DEFAULT_RULE])].sort(
    (a, b) => a.Priority - b.Priority,
  );

/** Answers GetSamplingRules; the token of a page is the position of its first rule. */
function getSamplingRules({ settings, changed }: SamplingStore, input: Input): Record<string, unknown> {
  const rules = withDefault(settings.rules);
  const { pageSize = rules.length } = settings;
  const from = Number(input.string('NextToken') ?? 0);
  if (!Number.isInteger(from) || from < 0 || from >= rules.length) throw invalid('NextToken is not valid.');
  const next = from + pageSize;
  return {
    SamplingRuleRecords: rules.slice(from, next).map((rule) => ({
      SamplingRule: { ...rule, Attributes: rule.Attributes ?? {} },
      CreatedAt: changed / 1000,
      ModifiedAt: changed / 1000,
    })),
    ...(next < rules.length ? { NextToken: String(next) } : {}),
  };
}

/**
 * Answers GetSamplingTargets: the clients that report a rule share its reservoir.
 *
 * @param now epoch milliseconds
 */
function getSamplingTargets(store: SamplingStore, input: Input, now: number): Record<string, unknown> {
  const documents = input.inputs('SamplingStatisticsDocuments') ?? [];
  if (documents.length === 0) throw invalid('SamplingStatisticsDocuments is required.');
  if (documents.length > MAX_STATISTICS) throw invalid(`At most ${MAX_STATISTICS} SamplingStatisticsDocuments.`);
  const targets: Record<string, unknown>[] = [];
  const unprocessed: Record<string, unknown>[] = [];
  for (const { name, client, ...counts } of documents.map(readStatistics)) {
    const refusal = store.settings.unprocessed[name];
    const rule = withDefault(store.settings.rules).find(({ RuleName }) => RuleName === name);
    if (refusal !== undefined || rule === undefined) {
      const Message = rule === undefined ? `Unknown rule ${name}` : 'Refused on demand';
      unprocessed.push({ RuleName: name, ErrorCode: refusal ?? '400', Message });
      continue;
    }
    store.report(name, client, counts, now);
    targets.push({
      RuleName: name,
      FixedRate: rule.FixedRate,
      ReservoirQuota: store.quota(rule, client, now),
      ReservoirQuotaTTL: Math.floor(now / 1000) + REPORT_INTERVAL,
      Interval: REPORT_INTERVAL,
    });
  }
  return {
    SamplingTargetDocuments: targets,
    LastRuleModification: store.changed / 1000,
    UnprocessedStatistics: unprocessed,
  };
}

function readStatistics(document: Input) {
  const name = document.string('RuleName') ?? '';
  const client = document.string('ClientID') ?? '';
  if (name === '' || name.length > 32) throw invalid('RuleName must have 1 to 32 characters.');
  if (!/^[0-9a-fA-F]{24}$/.test(client)) throw invalid('ClientID must have 24 hexadecimal digits.');
  if (document.time('Timestamp') === undefined) throw invalid('Timestamp is required.');
  const requestCount = countOf(document, 'RequestCount') ?? missing('RequestCount');
  const sampledCount = countOf(document, 'SampledCount') ?? missing('SampledCount');
  return { name, client, requestCount, sampledCount, borrowCount: countOf(document, 'BorrowCount') ?? 0 };
}

function countOf(document: Input, member: string): number | undefined {
  const count = document.number(member);
  if (count !== undefined && !(count >= 0)) throw invalid(`${member} must not be negative.`);
  return count;
}

function missing(member: string): never {
  throw invalid(`${member} is required.`);
}

/** Traces in one request: limit of BatchGetTraces. */
export const MAX_TRACES = 5;

/** Answers BatchGetTraces with what came to X-Ray; a trace that is not here is unprocessed. */
function batchGetTraces(store: TraceStore, input: Input): Record<string, unknown> {
  const ids = input.strings('TraceIds') ?? [];
  if (ids.length === 0) throw invalid('TraceIds is required.');
  if (ids.length > MAX_TRACES) throw invalid(`At most ${MAX_TRACES} TraceIds.`);
  const found = ids.map((id) => {
    const trace = store.find(parseTraceId(id));
    return { id, spans: trace?.spans.toArray().filter(({ receiver }) => receiver === 'xray') ?? [] };
  });
  return {
    Traces: found.filter(({ spans }) => spans.length > 0).map(({ id, spans }) => describeTrace(id, spans)),
    UnprocessedTraceIds: found.filter(({ spans }) => spans.length === 0).map(({ id }) => id),
  };
}

function describeTrace(id: string, spans: readonly Span[]): Record<string, unknown> {
  const documents = spans.map((span) => ({ Id: span.spanId, Document: segmentDocument(span, id) }));
  const starts = documents.map(({ Document }) => Number(Document.start_time));
  const ends = documents.map(({ Document }) => Number(Document.end_time));
  return {
    Id: id,
    Duration: Math.max(...ends) - Math.min(...starts),
    LimitExceeded: false,
    Segments: documents.map(({ Id, Document }) => ({ Id, Document: JSON.stringify(Document) })),
  };
}
