/**
 * The environment as OpenTelemetry's NodeSDK sees it: the build puts these functions in the place of those of `@opentelemetry/core`.
 * NodeSDK takes some settings from the environment only; so the settings in force count, wherever they were given.
 */

let variables: Readonly<Record<string, string>> = {};

/** Sets what the functions below read. Call it before NodeSDK is made. */
export function setSdkEnvironment(given: Readonly<Record<string, string>>): void {
  variables = given;
}

export function getStringFromEnv(name: string): string | undefined {
  return variables[name];
}

export function getNumberFromEnv(name: string): number | undefined {
  const text = variables[name];
  return text === undefined ? undefined : Number(text);
}

export function getBooleanFromEnv(name: string): boolean {
  return variables[name] === 'true';
}

export function getStringListFromEnv(name: string): string[] | undefined {
  return variables[name]?.split(',');
}
