/** Monitoring agents that patch what we patch: with two of them neither can be trusted. An agent whose package is loaded runs. */
export const OTHER_AGENTS: readonly string[] = [
  'dd-trace',
  'newrelic',
  'elastic-apm-node',
  '@elastic/opentelemetry-node',
  '@splunk/otel',
  'applicationinsights',
  '@azure/monitor-opentelemetry',
  '@sentry/node',
  '@aws/aws-distro-opentelemetry-node-autoinstrumentation',
  '@opentelemetry/auto-instrumentations-node',
];

/** SDKs that an application sets up in code. Their packages may be loaded where nothing is set up. */
export const SDKS_SET_UP_IN_CODE: readonly string[] = ['@opentelemetry/sdk-node', 'aws-xray-sdk', 'aws-xray-sdk-core'];

/** The agents among {@link OTHER_AGENTS} of which one of the files is. */
export function agentsAmong(files: readonly string[]): string[] {
  const loaded = files.map((file) => file.replace(/\\/g, '/'));
  return OTHER_AGENTS.filter((agent) => loaded.some((file) => file.includes(`/node_modules/${agent}/`)));
}
