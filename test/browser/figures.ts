import {
  CloudWatchClient,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Studio } from '../../src/studio/endpoint.js';
import { clientConfiguration } from '../studio/running.js';

/** Telemetry of which every figure is known, sent the way that the exporters send it. Some of it is hostile: it wants to be markup. */

export const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
export const TRACE_ID = '6b06ae547b31dd52823331e9718c0f83';
export const GROUP = '/shop/errors';

const COMMON = [
  { Name: 'Service', Value: 'shop' },
  { Name: 'Environment', Value: 'prod' },
];
const routed = (route: string, method = 'GET') => [
  ...COMMON,
  { Name: 'http.route', Value: route },
  { Name: 'http.request.method', Value: method },
];

/** Exports two seconds apart; all routes answer `perExport` requests in each. */
const EXPORTS = 10;
const ROUTES = [
  { route: '/fast', seconds: 0.01, perExport: 20, faults: 0 },
  { route: '/slow', seconds: 0.9, perExport: 4, faults: 1 },
];
/** 24 requests each two seconds. */
export const PER_SECOND = '12';
export const REQUESTS = { '/fast': 200, '/slow': 40 };
export const FAULTS = 10;

export async function sendFigures(studio: Studio, now: number): Promise<void> {
  await sendMetrics(studio, now);
  await sendErrors(studio, now);
  await sendSpans(studio, now);
  await sendDashboard(studio);
}

/** Once more, and every count of requests doubles. */
export async function sendMetrics(studio: Studio, now: number): Promise<void> {
  const client = new CloudWatchClient(clientConfiguration(studio));
  for (let index = 0; index < EXPORTS; index += 1) {
    const Timestamp = new Date(now - (EXPORTS - index) * 2000);
    const datum = (
      MetricName: string,
      Dimensions: typeof COMMON,
      values: Record<string, number>,
      Unit: 'Seconds' | 'Count',
    ) => ({
      MetricName,
      Dimensions,
      Timestamp,
      Unit,
      Values: Object.keys(values).map(Number),
      Counts: Object.values(values),
    });
    const all = Object.fromEntries(ROUTES.map(({ seconds, perExport }) => [seconds, perExport]));
    const MetricData = [
      datum('http.server.request.duration', COMMON, all, 'Seconds'),
      datum('http.server.fault', COMMON, { 0: 23, 1: 1 }, 'Count'),
      datum('container.memory.utilization', COMMON, { 41: 1 }, 'Count'),
      datum('process.memory.usage', COMMON, { 1048576: 1 }, 'Count'),
      datum('hostile', [{ Name: 'value', Value: HOSTILE }], { 7: 1 }, 'Count'),
      ...ROUTES.flatMap(({ route, seconds, perExport, faults }) => [
        datum('http.server.request.duration', routed(route), { [seconds]: perExport }, 'Seconds'),
        datum('http.server.fault', routed(route), { 0: perExport - faults, 1: faults }, 'Count'),
      ]),
    ];
    await client.send(new PutMetricDataCommand({ Namespace: 'Shop', MetricData }));
  }
  client.destroy();
}

const STACK = `TypeError: no such order
    at Layer.handle (/srv/node_modules/router/layer.js:1:2)
    at pay (/srv/app/pay.js:12:5)`;

const exception = (type: string, message: string, fingerprint: string, more: Record<string, unknown> = {}) => ({
  severityText: 'ERROR',
  body: message,
  eventName: 'exception',
  traceId: TRACE_ID,
  spanId: '0000000000000003',
  attributes: {
    exception: {
      type,
      message,
      stacktrace: STACK.replace('TypeError: no such order', `${type}: ${message}`),
      source: [
        {
          file: '/srv/app/pay.js',
          line: 12,
          function: 'pay',
          code: '  11 | function pay() {\n> 12 |   throw new TypeError();\n  13 | }',
        },
      ],
      cause: [{ path: 'cause', type: 'Error', message: 'connection refused', stacktrace: 'Error: connection refused' }],
    },
    error: { fingerprint, mechanism: 'express', handled: true, ...more },
    http: { request: { method: 'GET' }, route: '/slow' },
  },
  resource: { attributes: { 'service.name': 'shop', 'deployment.environment.name': 'prod' } },
});

/** Five events and seven that were held back. */
export const ORDER_ERRORS = '12';

async function sendErrors(studio: Studio, now: number): Promise<void> {
  const client = new CloudWatchLogsClient(clientConfiguration(studio));
  await client.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
  await client.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: 's' }));
  const events = [
    ...Array.from({ length: 4 }, () => exception('TypeError', 'no such order', 'f1')),
    exception('TypeError', 'no such order', 'f1', { suppressed: 7 }),
    exception(HOSTILE, `${HOSTILE} ${HOSTILE}`, 'f2'),
  ];
  const logEvents = events.map((event, index) => ({
    timestamp: now - 6000 + index * 1000,
    message: JSON.stringify(event),
  }));
  await client.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: 's', logEvents }));
  client.destroy();
}

/** Its type has 320 characters, and a character that would turn the text after it; so has the name of its file. */
export async function sendLongError(studio: Studio, now: number): Promise<void> {
  const client = new CloudWatchLogsClient(clientConfiguration(studio));
  const event = exception(`EvilError\u202e${'x'.repeat(310)}`, 'turned', 'long');
  const turned = JSON.stringify(event).replaceAll('/srv/app/pay.js', '/srv/app/\u202esj.yap');
  const logEvents = [{ timestamp: now, message: turned }];
  await client.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: 's', logEvents }));
  client.destroy();
}

interface SpanFigures {
  readonly id: number;
  readonly parent?: number;
  readonly name: string;
  readonly kind: number;
  readonly at: number;
  readonly ms: number;
  readonly error?: boolean;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

const SPANS: readonly SpanFigures[] = [
  {
    id: 1,
    name: 'GET /slow',
    kind: 2,
    at: 0,
    ms: 900,
    error: true,
    attributes: { 'http.route': '/slow', 'http.request.method': 'GET', 'http.response.status_code': 500 },
  },
  {
    id: 2,
    parent: 1,
    name: 'SELECT orders',
    kind: 3,
    at: 100,
    ms: 300,
    attributes: { 'db.system.name': 'postgresql' },
  },
  { id: 3, parent: 1, name: HOSTILE, kind: 1, at: 450, ms: 200, attributes: { hostile: HOSTILE } },
  { id: 4, parent: 77, name: 'late child', kind: 1, at: 500, ms: 50 },
];

const hex = (n: number): string => n.toString(16).padStart(16, '0');

export function otlpSpans(spans: readonly SpanFigures[], traceId: string, start: number): unknown {
  const nanos = (ms: number): string => String(BigInt(Math.round(start + ms)) * 1_000_000n);
  const otlpValue = (value: string | number) =>
    typeof value === 'string' ? { stringValue: value } : { intValue: value };
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          {
            scope: { name: 'figures' },
            spans: spans.map(({ id, parent, name, kind, at, ms, error, attributes = {} }) => ({
              traceId,
              spanId: hex(id),
              ...(parent === undefined ? {} : { parentSpanId: hex(parent) }),
              name,
              kind,
              startTimeUnixNano: nanos(at),
              endTimeUnixNano: nanos(at + ms),
              attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: otlpValue(value) })),
              status: { code: error === true ? 2 : 0 },
            })),
          },
        ],
      },
    ],
  };
}

async function sendSpans(studio: Studio, now: number): Promise<void> {
  await fetch(`${studio.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(otlpSpans(SPANS, TRACE_ID, now - 5000)),
  });
}

const MARKDOWN = `# Shop\n${HOSTILE}\n\n[a link](https://example.com/x) [no link](javascript:window.hacked=1) ![a picture](https://example.com/y.png)`;
const DURATION = ['Shop', 'http.server.request.duration', 'Service', 'shop', 'Environment', 'prod'];
const MEMORY = ['Shop', 'container.memory.utilization', 'Service', 'shop', 'Environment', 'prod', { label: 'memory' }];
const FAULT_PARTS = `SEARCH('{Shop,Service,Environment,"http.route","http.request.method"} MetricName="http.server.fault"', 'Sum', 60)`;

const widgets = [
  { type: 'text', properties: { markdown: MARKDOWN } },
  {
    type: 'metric',
    properties: {
      title: 'Requests',
      view: 'singleValue',
      setPeriodToTimeRange: true,
      metrics: [[...DURATION, { stat: 'SampleCount', label: 'requests' }]],
    },
  },
  {
    type: 'metric',
    properties: { title: 'Lines', view: 'timeSeries', metrics: [[...DURATION, { stat: 'p99', label: 'p99' }]] },
  },
  {
    type: 'metric',
    properties: { title: 'Gauge', view: 'gauge', yAxis: { left: { min: 0, max: 100 } }, metrics: [MEMORY] },
  },
  {
    type: 'metric',
    properties: {
      title: 'Pie',
      setPeriodToTimeRange: true,
      view: 'pie',
      metrics: [[{ expression: FAULT_PARTS, id: 'e' }]],
    },
  },
  { type: 'metric', properties: { title: 'Bars', view: 'bar', metrics: [MEMORY] } },
  { type: 'metric', properties: { title: 'Table', view: 'table', metrics: [MEMORY] } },
  {
    type: 'metric',
    properties: { title: 'Missing', metrics: [['Shop', 'container.memory.utilization', 'Service', 'shop']] },
  },
  {
    type: 'log',
    properties: {
      title: 'Kinds',
      query: `SOURCE '${GROUP}' | stats count(*) as n by attributes.exception.type | sort n desc`,
    },
  },
  {
    type: 'alarm',
    properties: { title: 'Alarms', alarms: ['arn:aws:cloudwatch:us-west-2:000000000000:alarm:memory is high'] },
  },
  { type: 'explorer', properties: { title: 'Explorer' } },
  {
    type: 'metric',
    properties: {
      title: 'Calls',
      metrics: [
        [...DURATION, { stat: 'p50', label: 'p50' }],
        ['...', { stat: 'SampleCount', label: 'calls a minute', yAxis: 'right' }],
      ],
      yAxis: { left: { label: 's', showUnits: false }, right: { label: '1/min', showUnits: false } },
    },
  },
  {
    type: 'metric',
    properties: {
      title: 'Lost',
      metrics: [[{ expression: `SEARCH('{Shop,signal,reason} MetricName="monitoring.exporter.dropped"', 'Sum', 60)` }]],
    },
  },
].map((widget) => ({
  ...widget,
  width: 12,
  height: 5,
  properties: { region: 'us-west-2', period: 60, ...widget.properties },
}));

async function sendDashboard(studio: Studio): Promise<void> {
  const client = new CloudWatchClient(clientConfiguration(studio));
  await client.send(new PutDashboardCommand({ DashboardName: 'shop', DashboardBody: JSON.stringify({ widgets }) }));
  await client.send(
    new PutMetricAlarmCommand({
      AlarmName: 'memory is high',
      Namespace: 'Shop',
      MetricName: 'container.memory.utilization',
      Dimensions: COMMON,
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 1,
      Threshold: 40,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  );
  client.destroy();
}
