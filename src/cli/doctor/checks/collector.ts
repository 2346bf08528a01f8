import type { OtlpConfiguration } from '../../../config/configuration.js';
import { type Check, failed, pass } from '../check.js';
import type { CheckContext } from '../context.js';
import { describeSteps, explainFailure } from '../network-trouble.js';

/** One for each endpoint and protocol. */
function collectors({ configuration }: CheckContext): OtlpConfiguration[] {
  const { metrics, traces, logs, otlp } = configuration;
  const used = [
    ...(metrics.exporters.includes('otlp') ? [otlp.metrics] : []),
    ...(traces.exporters.includes('otlp') ? [otlp.traces] : []),
    ...(logs.exporters.includes('otlp') ? [otlp.logs] : []),
  ];
  return [...new Map(used.map((collector) => [`${collector.protocol} ${collector.url}`, collector])).values()];
}

export const collector: Check = {
  id: 'MON-NET-005',
  title: 'The collector can be reached',
  about:
    'A connection to each OTLP endpoint in the settings: by HTTP up to the first byte of an answer, by gRPC up to the settings of HTTP/2.',
  troubles: [
    {
      cause: 'The collector does not run, or listens on another address (127.0.0.1 in another container).',
      remedy:
        'Its OTLP receiver must listen on 0.0.0.0, port 4318 for HTTP and 4317 for gRPC; in a task or pod of its own use its name.',
    },
    {
      cause: 'The port is that of the other protocol: a collector has 4318 for HTTP and 4317 for gRPC.',
      remedy: 'Take the port of the protocol, or set OTEL_EXPORTER_OTLP_PROTOCOL to that of the port.',
    },
  ],
  needs: [],
  reaches: 'network',
  timeout: 13_000,
  unless: (context) =>
    context.configuration.disabled || collectors(context).length === 0 ? 'nothing is sent to a collector' : undefined,
  async run(context) {
    const reaches = await Promise.all(
      collectors(context).map(async (each) => ({ ...(await context.reachCollector(each)), protocol: each.protocol })),
    );
    const lost = reaches.filter(({ failure }) => failure !== undefined);
    const [first] = lost;
    if (first === undefined)
      return pass(`${reaches.map(({ url }) => new URL(url).host).join(', ')} answers`, {
        evidence: reaches.flatMap(describeSteps),
      });
    const { host, origin } = new URL(first.url);
    const explained = explainFailure(first, { env: context.env });
    const speaksOther = first.failure?.step === 'HTTP' && first.failure.code !== 'TIMEOUT';
    const [protocol, port] = first.protocol === 'grpc' ? ['gRPC', 4317] : ['HTTP', 4318];
    const refused = first.failure?.code === 'ECONNREFUSED';
    return failed(`${host} can't be reached`, {
      cause: speaksOther ? `${host} does not speak ${protocol}: ${explained.cause}` : explained.cause,
      evidence: lost.flatMap(describeSteps),
      remedy: refused
        ? `start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT (now ${origin})`
        : speaksOther
          ? `take the receiver's port for ${protocol}, usually ${port}, or another OTEL_EXPORTER_OTLP_PROTOCOL`
          : explained.remedy,
    });
  },
};
