/** The environment as a plain record: the only place that touches `process.env`. Nothing writes it. */
export type Environment = Record<string, string | undefined>;

/** A copy of the environment of the process. */
export function environment(): Environment {
  return { ...process.env };
}

/** Whether OTEL_SDK_DISABLED says that nothing is to be started; asked before anything else is loaded. */
export function sdkDisabled(): boolean {
  return /^(["']?)true\1$/i.test((process.env.OTEL_SDK_DISABLED ?? '').trim());
}

/**
 * What the delivery worker gets. Not NODE_OPTIONS, which would preload the distro into the worker again. Not the OTEL_* settings, which are
 * in the configuration: exporters that looked at the variables as well would see what a configuration file has overruled. Not an AWS
 * endpoint that was refused: the AWS SDK would take it and fail on every request.
 */
export function workerEnvironment(): Environment {
  return Object.fromEntries(Object.entries(process.env).filter(([name, value = '']) => isForWorker(name, value)));
}

function isForWorker(name: string, value: string): boolean {
  if (name.startsWith('AWS_ENDPOINT_URL')) return /^https?:/i.test(value.trim()) && URL.canParse(value);
  return name !== 'NODE_OPTIONS' && !name.startsWith('OTEL_');
}
