import { nearestName } from '../../config/nearest-name.js';
import type { AwsAnswer } from '../aws/call.js';
import type { CheckContext } from '../doctor/context.js';
import { statusOf } from '../doctor/destination-status.js';
import { cause, found, goesOn, type Step, unknown } from './chain.js';
import { ask, deliveryStep, destinationStep } from './common.js';

/** What the distro makes by itself, and what makes it. */
const MADE: Readonly<Record<string, string>> = {
  'http.server.request.duration': 'requests that the service answers',
  'http.server.fault': 'requests that the service answers',
  'http.server.error': 'requests that the service answers',
  'http.server.active_requests': 'requests that the service answers',
  'http.client.request.duration': 'HTTP calls that the service makes',
  'db.client.operation.duration': 'database calls of an instrumented driver',
  'rpc.client.call.duration': 'calls by the AWS SDK or gRPC',
  'container.cpu.usage': 'the sampler',
  'container.cpu.utilization': 'the sampler',
  'container.memory.working_set': 'the sampler',
  'container.memory.available': 'the sampler',
  'container.memory.utilization': 'the sampler',
  'process.cpu.utilization': 'the sampler',
  'process.memory.usage': 'the sampler',
  'v8js.memory.heap.used': 'the sampler',
  'monitoring.heap.limit': 'the sampler',
  'nodejs.eventloop.delay.mean': 'the sampler',
  'nodejs.eventloop.delay.p99': 'the sampler',
  'nodejs.eventloop.delay.max': 'the sampler',
  'nodejs.eventloop.utilization': 'the sampler',
  'monitoring.request.process_cpu.time': 'requests of which readings are taken',
  'monitoring.request.heap.growth': 'requests of which readings are taken',
  'monitoring.request.eventloop.delay': 'requests of which readings are taken',
  'monitoring.request.in_flight': 'requests of which readings are taken',
};
/** A metric may be visible after so long. Seconds. */
const VISIBLE = 120;
const HOUR = 3600;

interface Series {
  readonly Namespace?: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

/** Made? sent? over the cap? in this namespace? in another? in another region? */
export function metricChain(name: string, context: CheckContext): Step[] {
  const namespace = context.configuration.metrics.namespace;
  const list = (input: Record<string, unknown>) =>
    ask(context, { service: 'monitoring', action: 'ListMetrics', input });
  return [
    () => madeBy(name),
    destinationStep(context, 'metrics', 'cloudwatch'),
    () => readingsOff(name, context),
    deliveryStep(context, 'metrics'),
    () => capped(context),
    async () => {
      const link = `CloudWatch, namespace ${namespace}`;
      const answer = await list({ Namespace: namespace, MetricName: name });
      if ('obstacle' in answer) return unknown(link, answer.obstacle);
      const series = seriesIn(answer);
      if (series.length === 0) return goesOn(link, `ListMetrics shows no ${name}`);
      const ours = series.filter(({ Dimensions = [] }) =>
        Dimensions.some(({ Name, Value }) => Name === 'Service' && Value === context.service.name),
      );
      if (ours.length === 0) {
        const services = new Set(
          series.flatMap(({ Dimensions = [] }) =>
            Dimensions.flatMap(({ Name, Value }) => (Name === 'Service' ? [Value] : [])),
          ),
        );
        return cause(
          link,
          `it is there, of other services: ${[...services].join(', ') || 'without a Service'}`,
          `OTEL_SERVICE_NAME is ${context.service.name} here: which one is looked for?`,
          series.slice(0, 5).map(describeSeries),
        );
      }
      const latest = await latestValue(context, ours[0] as Series);
      return found(
        link,
        `${ours.length} series of ${context.service.name}; ${latest}`,
        ours.slice(0, 10).map(describeSeries),
      );
    },
    async () => {
      const link = 'other namespaces';
      const answer = await list({ MetricName: name });
      if ('obstacle' in answer) return unknown(link, answer.obstacle);
      const others = [...new Set(seriesIn(answer).map(({ Namespace = '' }) => Namespace))];
      if (others.length === 0) return goesOn(link, 'none has it either');
      return cause(
        link,
        `it is in ${others.join(', ')}, not in ${namespace}`,
        `look there, or MONITORING_NAMESPACE=${others[0]} (names are case-sensitive)`,
      );
    },
    () => misnamed(name),
    () => tooEarly(context),
  ];
}

function madeBy(name: string) {
  const link = 'made';
  const source = MADE[name];
  if (source !== undefined) return goesOn(link, `by ${source}`);
  const near = nearestMade(name);
  const own = 'not one that the distro makes: an instrument of the application';
  return unknown(link, near === undefined ? own : `${own}, or ${near} is meant`);
}

function misnamed(name: string) {
  const link = 'name';
  const near = MADE[name] === undefined ? nearestMade(name) : undefined;
  if (near === undefined) return goesOn(link, 'resembles no other');
  const evidence = ['the distro makes none of this name, and CloudWatch has none'];
  return cause(link, `nobody makes ${name}`, `monitoring why metric ${near}`, evidence);
}

function nearestMade(name: string): string | undefined {
  return nearestName(name, Object.keys(MADE), 4) ?? Object.keys(MADE).find((known) => holds(known, name));
}

/** Whether `part` is a name with some of the words of `whole` left out: `http.server.duration`. */
function holds(whole: string, part: string): boolean {
  const words = part.split(/[._]/);
  let at = 0;
  for (const word of whole.split(/[._]/)) if (word === words[at]) at += 1;
  return words.length > 1 && at === words.length;
}

function readingsOff(name: string, { configuration }: CheckContext) {
  const link = 'readings';
  if (name.startsWith('monitoring.request.') && configuration.host.sampleRatio === 0) {
    return cause(link, 'no readings are taken of requests', 'MONITORING_HOST_METRICS_SAMPLE_RATIO=0.1');
  }
  if (name.startsWith('monitoring.request.') && configuration.requestPath === 'full') {
    return cause(
      link,
      'with MONITORING_REQUEST_PATH=full no readings are taken of requests',
      'MONITORING_REQUEST_PATH=short',
    );
  }
  return goesOn(link, 'not switched off');
}

function capped({ running }: CheckContext) {
  const link = 'cap on series';
  const series = running && statusOf(running, 'metrics').find((status) => status.series)?.series;
  if (series === undefined) return unknown(link, 'no running process was found');
  if (series.overflowed === 0) return goesOn(link, `${series.active} of ${series.max} series`);
  return goesOn(link, `reached: ${series.overflowed} points are in overflow series, whose dimensions say "other"`, [
    `${series.active} of ${series.max} series`,
  ]);
}

function tooEarly({ running }: CheckContext) {
  const link = 'time';
  const uptime = running?.snapshot.uptime;
  if (uptime === undefined) return unknown(link, 'whether the application has run long enough is not known');
  if (uptime < VISIBLE)
    return cause(
      link,
      `the application has run for ${uptime} s: metrics are visible after up to two minutes`,
      'wait, then ask again',
    );
  return goesOn(link, `the application has run for ${Math.round(uptime / 60)} min`);
}

function seriesIn({ body }: AwsAnswer): Series[] {
  return (body as { Metrics?: Series[] } | undefined)?.Metrics ?? [];
}

function describeSeries({ Namespace, MetricName, Dimensions = [] }: Series): string {
  return `${Namespace} ${MetricName} {${Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(', ')}}`;
}

async function latestValue(context: CheckContext, { Namespace, MetricName, Dimensions }: Series): Promise<string> {
  const end = Math.ceil(context.now() / 1000);
  const input = {
    StartTime: end - 3 * HOUR,
    EndTime: end,
    ScanBy: 'TimestampDescending',
    MetricDataQueries: [
      { Id: 'latest', MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat: 'SampleCount' } },
    ],
  };
  const answer = await ask(context, { service: 'monitoring', action: 'GetMetricData', input });
  if ('obstacle' in answer) return `its data can't be read (${answer.obstacle})`;
  const [result] = (answer.body as { MetricDataResults?: { Timestamps?: number[] }[] }).MetricDataResults ?? [];
  const [time] = result?.Timestamps ?? [];
  return time === undefined ? 'no data in the last three hours' : `last data of ${new Date(time * 1000).toISOString()}`;
}
