import { type Check, failed, pass } from '../check.js';
import type { CheckContext } from '../context.js';
import { describeSteps, explainFailure } from '../network-trouble.js';

function collectorUrls({ configuration }: CheckContext): string[] {
  const { metrics, traces, logs, otlp } = configuration;
  return [
    ...new Set([
      ...(metrics.exporters.includes('otlp') ? [otlp.metrics.url] : []),
      ...(traces.exporters.includes('otlp') ? [otlp.traces.url] : []),
      ...(logs.exporters.includes('otlp') ? [otlp.logs.url] : []),
    ]),
  ];
}

export const collector: Check = {
  id: 'MON-NET-005',
  title: 'The collector can be reached',
  about: 'A connection to each OTLP endpoint in the settings, up to the first byte of an answer.',
  troubles: [
    {
      cause: 'The collector does not run, or listens on another address (127.0.0.1 in another container).',
      remedy: 'Its OTLP receiver must listen on 0.0.0.0:4318; in a task or pod of its own use its name.',
    },
    {
      cause: '4317 is the port of gRPC, which is not spoken.',
      remedy: 'Take the port of OTLP over HTTP, usually 4318.',
    },
  ],
  needs: [],
  reaches: 'network',
  timeout: 13_000,
  unless: (context) =>
    context.configuration.disabled || collectorUrls(context).length === 0
      ? 'nothing is sent to a collector'
      : undefined,
  async run(context) {
    const reaches = await Promise.all(collectorUrls(context).map((url) => context.reachUrl(url)));
    const lost = reaches.filter(({ failure }) => failure !== undefined);
    const [first] = lost;
    if (first === undefined)
      return pass(`${reaches.map(({ url }) => new URL(url).host).join(', ')} answers`, {
        evidence: reaches.flatMap(describeSteps),
      });
    const { cause, remedy } = explainFailure(first, { env: context.env });
    const refused = first.failure?.code === 'ECONNREFUSED';
    return failed(`${new URL(first.url).host} can't be reached`, {
      cause,
      evidence: lost.flatMap(describeSteps),
      remedy: refused
        ? `start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT (now ${new URL(first.url).origin})`
        : remedy,
    });
  },
};
