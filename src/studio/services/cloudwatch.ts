import { Input } from '../../cloudwatch/input.js';
import { AwsError } from '../aws-error.js';
import type { FormNode } from '../query-protocol.js';
import type { Store } from '../store/store.js';
import { deleteAlarms, describeAlarms, putMetricAlarm } from './alarms.js';
import { deleteDashboards, getDashboard, listDashboards, putDashboard } from './dashboards.js';
import { getMetricData, getMetricStatistics, listMetrics } from './metric-queries.js';
import { countDatums, MAX_REQUEST_BYTES, readPutMetricData } from './put-metric-data.js';

export const CLOUDWATCH_VERSION = '2010-08-01';
export const CLOUDWATCH_NAMESPACE = 'http://monitoring.amazonaws.com/doc/2010-08-01/';

export interface CloudWatchContext {
  readonly store: Store;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly account: string;
  readonly region: string;
  /** Bytes of the request, uncompressed. */
  readonly bytes: number;
}

export interface CloudWatchAnswer {
  readonly output: Record<string, unknown>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Datums in the request. */
  readonly items?: number;
}

type Action = (context: CloudWatchContext, input: Input) => CloudWatchAnswer;

const ACTIONS: Readonly<Record<string, Action>> = {
  PutMetricData: putMetricData,
  GetMetricData: ({ store }, input) => ({ output: getMetricData(store.metrics, input) }),
  GetMetricStatistics: ({ store }, input) => ({ output: getMetricStatistics(store.metrics, input) }),
  ListMetrics: ({ store, now }, input) => ({ output: listMetrics(store.metrics, input, now) }),
  PutDashboard: ({ store, now }, input) => ({ output: putDashboard(store.dashboards, input, now) }),
  GetDashboard: ({ store, account }, input) => ({ output: getDashboard(store.dashboards, input, account) }),
  ListDashboards: ({ store, account }, input) => ({ output: listDashboards(store.dashboards, input, account) }),
  DeleteDashboards: ({ store }, input) => ({ output: deleteDashboards(store.dashboards, input) }),
  PutMetricAlarm: ({ store, now }, input) => ({ output: putMetricAlarm(store.alarms, input, now) }),
  DescribeAlarms: (context, input) => ({ output: describeAlarms(context.store.alarms, input, context) }),
  DeleteAlarms: ({ store }, input) => ({ output: deleteAlarms(store.alarms, input) }),
};

/** Undefined: not an action that is answered here. */
export const answerCloudWatch = (
  action: string,
  context: CloudWatchContext,
  input: Input,
): CloudWatchAnswer | undefined => (Object.hasOwn(ACTIONS, action) ? ACTIONS[action]?.(context, input) : undefined);

/** Datums that a refused request carried, as far as it can be read. */
export function itemsOf(action: string, input: Input): number {
  if (action !== 'PutMetricData') return 0;
  try {
    return countDatums(input);
  } catch {
    return 0;
  }
}

function putMetricData({ store, now, bytes }: CloudWatchContext, input: Input): CloudWatchAnswer {
  if (bytes > MAX_REQUEST_BYTES) {
    throw new AwsError('RequestEntityTooLarge', `Request size ${bytes} exceeded ${MAX_REQUEST_BYTES} bytes`, {
      status: 413,
      shape: 'RequestEntityTooLargeException',
    });
  }
  const upload = readPutMetricData(input, now);
  for (const { name, dimensions, datum } of upload.datums) {
    store.metrics.put(upload.namespace, name, dimensions, datum);
  }
  return {
    output: {},
    items: upload.datums.length,
    ...(upload.entityFailure === undefined ? {} : { headers: { 'x-amzn-failure-message': upload.entityFailure } }),
  };
}

/** The actions that the older Query protocol may call. */
export const QUERY_ACTIONS: ReadonlySet<string> = new Set(['PutMetricData', 'ListMetrics']);

const NUMERIC: ReadonlySet<string> = new Set([
  'Value',
  'Values',
  'Counts',
  'SampleCount',
  'Sum',
  'Minimum',
  'Maximum',
  'StorageResolution',
]);

/** A form knows only texts; those that the API says are numbers, times or flags become such. */
export const inputFromForm = (form: Record<string, FormNode>): Input => Input.of(typed(form, ''));

function typed(node: FormNode, name: string): unknown {
  if (typeof node === 'string') return typedText(node, name);
  if (Array.isArray(node)) return node.map((item) => typed(item, name));
  const dimension = Object.hasOwn(node, 'Name') && Object.hasOwn(node, 'Value');
  const entries = Object.entries(node);
  return Object.fromEntries(entries.map(([key, child]) => [key, typed(child, dimension ? '' : key)]));
}

function typedText(text: string, name: string): unknown {
  if (name === 'Timestamp') return Date.parse(text) / 1000;
  if (name === 'StrictEntityValidation') return text === 'true';
  if (!NUMERIC.has(name)) return text;
  return text.trim() === '' ? Number.NaN : Number(text);
}
