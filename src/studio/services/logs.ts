import { constraintMessage } from '../../cloudwatch/constraint.js';
import type { Input } from '../../cloudwatch/input.js';
import { AwsError, commonError } from '../aws-error.js';
import { type LogEvent, LogGroup, type LogStore, LogStream } from '../store/log-groups.js';
import type { MetricStore } from '../store/metric-series.js';
import type { TraceStore } from '../store/traces.js';
import { readEmbeddedMetrics } from './embedded-metrics.js';
import { parseFilter } from './filter-pattern.js';
import { paginate } from './pages.js';
import { type Batch, checkBatch, type InputEvent, readEvents } from './put-log-events.js';
import { SPANS_GROUP, spanEvent } from './span-documents.js';

/** Values of PutRetentionPolicy, in days. */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const CLASSES = ['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY', 'ESSENTIALS'];
const MAX_TAGS = 50;
const MAX_PAGE = 50;
const MAX_EVENTS_PAGE = 10_000;

export interface LogsContext {
  readonly store: LogStore;
  /** Takes the metrics that events carry. */
  readonly metrics: MetricStore;
  /** What came to X-Ray is read as events of `aws/spans`. */
  readonly traces: TraceStore;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly account: string;
  readonly region: string;
}

export interface LogsAnswer {
  readonly output: Record<string, unknown>;
  /** Events in the request. */
  readonly items?: number;
  /** Events of it that were refused, and why. */
  readonly rejected?: { readonly count: number; readonly message: string };
}

type Action = (context: LogsContext, input: Input) => LogsAnswer;

const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message);
const notFound = (what: string): AwsError =>
  new AwsError('ResourceNotFoundException', `The specified ${what} does not exist.`);
const exists = (what: string): AwsError =>
  new AwsError('ResourceAlreadyExistsException', `The specified ${what} already exists`);
const full = (): AwsError => new AwsError('LimitExceededException', 'Resource limit exceeded.');

const ACTIONS: Readonly<Record<string, Action>> = {
  CreateLogGroup: createLogGroup,
  CreateLogStream: createLogStream,
  DeleteLogGroup: deleteLogGroup,
  DeleteLogStream: deleteLogStream,
  PutRetentionPolicy: putRetentionPolicy,
  DeleteRetentionPolicy: deleteRetentionPolicy,
  DescribeLogGroups: describeLogGroups,
  DescribeLogStreams: describeLogStreams,
  PutLogEvents: putLogEvents,
  GetLogEvents: getLogEvents,
  FilterLogEvents: filterLogEvents,
};

const QUERIES = ['StartQuery', 'StopQuery', 'GetQueryResults', 'DescribeQueries'];

/** Undefined: not an action that is answered here. */
export function answerLogs(action: string, context: LogsContext, input: Input): LogsAnswer | undefined {
  if (QUERIES.includes(action)) {
    throw new AwsError('InvalidOperationException', 'The local endpoint does not run Logs Insights queries.');
  }
  return Object.hasOwn(ACTIONS, action) ? ACTIONS[action]?.(context, input) : undefined;
}

const done: LogsAnswer = { output: {} };

function readName(input: Input, member: string, pattern: RegExp): string {
  const name = input.string(member);
  if (name === undefined) throw invalid(constraintMessage('null', member, 'not be null'));
  if (name.length < 1) throw invalid(constraintMessage(name, member, 'have length greater than or equal to 1'));
  if (name.length > 512) throw invalid(constraintMessage(name, member, 'have length less than or equal to 512'));
  if (!pattern.test(name)) {
    throw invalid(constraintMessage(name, member, `satisfy regular expression pattern: ${pattern.source}`));
  }
  return name;
}

const readGroupName = (input: Input): string => readName(input, 'logGroupName', /^[.\-_/#A-Za-z0-9]+$/);
const readStreamName = (input: Input): string => readName(input, 'logStreamName', /^[^:*]*$/);

function findGroup({ store }: LogsContext, input: Input): LogGroup {
  const name = input.has('logGroupName') ? readGroupName(input) : nameFromArn(input.string('logGroupIdentifier'));
  const group = store.groups.get(name);
  if (group === undefined) throw notFound('log group');
  return group;
}

/** A log group's name, or its ARN. */
function nameFromArn(identifier: string | undefined): string {
  if (identifier === undefined) throw invalid(constraintMessage('null', 'logGroupName', 'not be null'));
  return /:log-group:([^:]+)/.exec(identifier)?.[1] ?? identifier;
}

function findStream(context: LogsContext, input: Input): LogStream {
  const stream = findGroup(context, input).streams.get(readStreamName(input));
  if (stream === undefined) throw notFound('log stream');
  return stream;
}

function createLogGroup({ store, now }: LogsContext, input: Input): LogsAnswer {
  const name = readGroupName(input);
  if (name.startsWith('aws/')) throw invalid('Log groups starting with AWS/ are reserved for AWS.');
  const logGroupClass = input.string('logGroupClass') ?? 'STANDARD';
  if (!CLASSES.includes(logGroupClass)) {
    throw invalid(constraintMessage(logGroupClass, 'logGroupClass', `satisfy enum value set: [${CLASSES.join(', ')}]`));
  }
  const tags = input.stringMap('tags') ?? {};
  if (Object.keys(tags).length > MAX_TAGS)
    throw invalid(constraintMessage('…', 'tags', `have length less than or equal to ${MAX_TAGS}`));
  if (store.groups.has(name)) throw exists('log group');
  if (!store.createGroup(new LogGroup(name, now, logGroupClass, tags))) throw full();
  return done;
}

function createLogStream(context: LogsContext, input: Input): LogsAnswer {
  const name = readStreamName(input);
  const group = findGroup(context, input);
  if (group.streams.has(name)) throw exists('log stream');
  if (!context.store.createStream(group, new LogStream(name, context.now))) throw full();
  return done;
}

function deleteLogGroup(context: LogsContext, input: Input): LogsAnswer {
  context.store.deleteGroup(findGroup(context, input));
  return done;
}

function deleteLogStream(context: LogsContext, input: Input): LogsAnswer {
  context.store.deleteStream(findGroup(context, input), findStream(context, input));
  return done;
}

function putRetentionPolicy(context: LogsContext, input: Input): LogsAnswer {
  const days = input.number('retentionInDays');
  if (days === undefined) throw invalid(constraintMessage('null', 'retentionInDays', 'not be null'));
  if (!RETENTION_DAYS.includes(days)) {
    throw invalid(constraintMessage(days, 'retentionInDays', `satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`));
  }
  findGroup(context, input).retentionInDays = days;
  return done;
}

function deleteRetentionPolicy(context: LogsContext, input: Input): LogsAnswer {
  findGroup(context, input).retentionInDays = undefined;
  return done;
}

function pageSize(input: Input): number {
  const limit = input.number('limit') ?? MAX_PAGE;
  if (limit < 1 || limit > MAX_PAGE) {
    throw invalid(constraintMessage(limit, 'limit', `have value between 1 and ${MAX_PAGE}`));
  }
  return limit;
}

function describeLogGroups(context: LogsContext, input: Input): LogsAnswer {
  const prefix = input.string('logGroupNamePrefix') ?? '';
  const pattern = input.string('logGroupNamePattern')?.toLowerCase() ?? '';
  const found = [...context.store.groups.values()]
    .filter((group) => group.name.startsWith(prefix) && group.name.toLowerCase().includes(pattern))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const { items, nextToken } = paginate(found, pageSize(input), input.string('nextToken'));
  return {
    output: { logGroups: items.map((group) => describeGroup(context, group)), ...token('nextToken', nextToken) },
  };
}

const token = (member: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [member]: value };

const groupArn = ({ region, account }: LogsContext, group: string): string =>
  `arn:aws:logs:${region}:${account}:log-group:${group}`;

function describeGroup(context: LogsContext, group: LogGroup): Record<string, unknown> {
  const arn = groupArn(context, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.creationTime,
    ...(group.retentionInDays === undefined ? {} : { retentionInDays: group.retentionInDays }),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    logGroupArn: arn,
    logGroupClass: group.logGroupClass,
    storedBytes: [...group.streams.values()].reduce((sum, stream) => sum + stream.storedBytes, 0),
  };
}

function describeLogStreams(context: LogsContext, input: Input): LogsAnswer {
  const group = findGroup(context, input);
  const prefix = input.string('logStreamNamePrefix');
  const byTime = input.string('orderBy') === 'LastEventTime';
  if (byTime && prefix !== undefined) throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
  const streams = [...group.streams.values()].filter((stream) => stream.name.startsWith(prefix ?? ''));
  const described = streams.map((stream) => describeStream(context, group, stream));
  described.sort((a, b) =>
    byTime ? (a.lastEventTimestamp ?? 0) - (b.lastEventTimestamp ?? 0) : a.logStreamName < b.logStreamName ? -1 : 1,
  );
  if (input.boolean('descending') === true) described.reverse();
  const { items, nextToken } = paginate(described, pageSize(input), input.string('nextToken'));
  return { output: { logStreams: items, ...token('nextToken', nextToken) } };
}

interface DescribedStream {
  readonly logStreamName: string;
  readonly lastEventTimestamp?: number;
  readonly [member: string]: unknown;
}

function describeStream(context: LogsContext, group: LogGroup, stream: LogStream): DescribedStream {
  const events = stream.events();
  const [first, last] = [events[0], events.at(-1)];
  return {
    logStreamName: stream.name,
    creationTime: stream.creationTime,
    ...(first === undefined || last === undefined
      ? {}
      : { firstEventTimestamp: first.timestamp, lastEventTimestamp: last.timestamp }),
    ...(stream.lastIngestionTime === undefined ? {} : { lastIngestionTime: stream.lastIngestionTime }),
    arn: `${groupArn(context, group.name)}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
}

function putLogEvents(context: LogsContext, input: Input): LogsAnswer {
  const events = readEvents(input);
  const group = findGroup(context, input);
  const stream = findStream(context, input);
  const batch = checkBatch(events, context.now, group.retentionInDays);
  for (const event of batch.accepted) context.store.append(stream, event.timestamp, event.message, context.now);
  const invalid = group.logGroupClass === 'STANDARD' ? publishEmbedded(context, group, batch.accepted) : [];
  const entity = input.has('entity') ? entityFailure(input.input('entity')) : undefined;
  return {
    output: {
      nextSequenceToken: '49590302938857900000000000000000000000000000000000000000',
      ...(batch.rejected === undefined ? {} : { rejectedLogEventsInfo: batch.rejected }),
      ...(entity === undefined ? {} : { rejectedEntityInfo: { errorType: entity } }),
    },
    items: events.length,
    ...rejectedOf(batch, invalid),
  };
}

function rejectedOf({ rejected, rejectedCount }: Batch, invalid: readonly string[]): Pick<LogsAnswer, 'rejected'> {
  const reasons = [...(rejected === undefined ? [] : [JSON.stringify(rejected)]), ...new Set(invalid)];
  return reasons.length === 0
    ? {}
    : { rejected: { count: rejectedCount + invalid.length, message: reasons.join('; ') } };
}

/** Metrics that events carry, in log groups of the standard class. What of them is invalid the service only counts. */
function publishEmbedded({ metrics, now }: LogsContext, group: LogGroup, events: readonly InputEvent[]): string[] {
  const invalid: string[] = [];
  for (const event of events) {
    const embedded = readEmbeddedMetrics(event.message, now);
    if (embedded === undefined) continue;
    for (const { namespace, name, dimensions, datum } of embedded.metrics) {
      metrics.put(namespace, name, dimensions, datum);
    }
    invalid.push(...embedded.invalid);
  }
  if (invalid.length > 0) {
    metrics.put('AWS/Logs', 'EMFValidationErrors', [{ name: 'LogGroupName', value: group.name }], {
      timestamp: now,
      arrived: now,
      unit: 'Count',
      resolution: 60,
      value: invalid.length,
    });
  }
  return invalid;
}

/** Entities of log events: values of at most 512 characters. */
function entityFailure(entity: Input | undefined): string | undefined {
  const keys = Object.entries(entity?.stringMap('keyAttributes') ?? {});
  const attributes = Object.entries(entity?.stringMap('attributes') ?? {});
  if (keys.length < 2 || keys.length > 4 || keys.some(([key, value]) => key.length > 32 || value.length > 512)) {
    return 'InvalidKeyAttributes';
  }
  if (!keys.some(([key]) => key === 'Type')) return 'InvalidTypeValue';
  const bad = attributes.length > 10 || attributes.some(([key, value]) => key.length > 256 || value.length > 512);
  return bad ? 'InvalidAttributes' : undefined;
}

interface TimeRange {
  readonly start: number;
  readonly end: number;
}

const readRange = (input: Input): TimeRange => ({
  start: input.number('startTime') ?? 0,
  end: input.number('endTime') ?? Number.POSITIVE_INFINITY,
});

function eventPage(input: Input): number {
  const limit = input.number('limit') ?? MAX_EVENTS_PAGE;
  if (limit < 1 || limit > MAX_EVENTS_PAGE) {
    throw invalid(constraintMessage(limit, 'limit', `have value between 1 and ${MAX_EVENTS_PAGE}`));
  }
  return limit;
}

/** `f/` and `b/` tokens hold the index of the next event in either direction; at an end the same token comes back. */
function getLogEvents(context: LogsContext, input: Input): LogsAnswer {
  const { start, end } = readRange(input);
  const all = findStream(context, input)
    .events()
    .filter((event) => event.timestamp >= start && event.timestamp < end);
  const { from, to } = window(input, all.length, eventPage(input));
  return {
    output: {
      events: all
        .slice(from, to)
        .map(({ timestamp, ingestionTime, message }) => ({ timestamp, ingestionTime, message })),
      nextForwardToken: `f/${to}`,
      nextBackwardToken: `b/${from}`,
    },
  };
}

function window(input: Input, length: number, size: number): { from: number; to: number } {
  const given = input.string('nextToken');
  const match = given === undefined ? null : /^([fb])\/(\d{1,9})$/.exec(given);
  if (given !== undefined && match === null) throw invalid('The specified nextToken is invalid.');
  const forward = match === null ? input.boolean('startFromHead') === true : match[1] === 'f';
  const at = Math.min(match === null ? (forward ? 0 : length) : Number(match[2]), length);
  return forward ? { from: at, to: Math.min(at + size, length) } : { from: Math.max(at - size, 0), to: at };
}

function filterLogEvents(context: LogsContext, input: Input): LogsAnswer {
  const group = groupOfSpans(context, input) ?? findGroup(context, input);
  const { start, end } = readRange(input);
  const matches = parseFilter(input.string('filterPattern') ?? '');
  const found = selectStreams(group, input)
    .flatMap((stream) => stream.events().map((event) => ({ stream, event })))
    .filter(({ event }) => event.timestamp >= start && event.timestamp <= end && matches(event.message))
    .sort((a, b) => a.event.timestamp - b.event.timestamp);
  const { items, nextToken } = paginate(found, eventPage(input), input.string('nextToken'));
  return {
    output: {
      events: items.map(({ stream, event }) => describeEvent(stream, event)),
      searchedLogStreams: [],
      ...token('nextToken', nextToken),
    },
  };
}

/** AWS makes the group `aws/spans`; here it is what the traces hold at the moment. Undefined: another group is asked for. */
function groupOfSpans({ traces, now }: LogsContext, input: Input): LogGroup | undefined {
  if (input.string('logGroupName') !== SPANS_GROUP) return undefined;
  const stream = new LogStream('default', now);
  for (const span of traces.spans().filter(({ receiver }) => receiver === 'xray')) {
    const timestamp = Number(BigInt(span.startTimeUnixNano) / 1_000_000n);
    stream.push({
      id: `${span.traceId}${span.spanId}`,
      timestamp,
      ingestionTime: span.arrived,
      message: JSON.stringify(spanEvent(span)),
    });
  }
  const group = new LogGroup(SPANS_GROUP, now, 'STANDARD', {});
  group.streams.set(stream.name, stream);
  return group;
}

function selectStreams(group: LogGroup, input: Input): LogStream[] {
  const names = input.strings('logStreamNames');
  const prefix = input.string('logStreamNamePrefix');
  if (names !== undefined && prefix !== undefined) {
    throw invalid('logStreamNames and logStreamNamePrefix cannot be given together.');
  }
  return [...group.streams.values()].filter(
    (stream) => (names === undefined || names.includes(stream.name)) && stream.name.startsWith(prefix ?? ''),
  );
}

const describeEvent = (stream: LogStream, event: LogEvent): Record<string, unknown> => ({
  logStreamName: stream.name,
  timestamp: event.timestamp,
  message: event.message,
  ingestionTime: event.ingestionTime,
  eventId: event.id,
});

/** Takes an event that came by OTLP to CloudWatch Logs; its stream must exist. */
export function appendToStream(
  context: Pick<LogsContext, 'store' | 'now'>,
  groupName: string,
  streamName: string,
): { append(timestamp: number, message: string): void; retentionInDays: number | undefined } {
  const group = context.store.groups.get(groupName);
  const stream = group?.streams.get(streamName);
  if (group === undefined) throw commonError('logs', 'invalid', 'The specified log group does not exist.');
  if (stream === undefined) throw commonError('logs', 'invalid', 'The specified log stream does not exist.');
  return {
    retentionInDays: group.retentionInDays,
    append: (timestamp, message) => context.store.append(stream, timestamp, message, context.now),
  };
}
