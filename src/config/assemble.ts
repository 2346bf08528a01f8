import type { Configuration } from './configuration.js';
import { OTLP_SIGNALS, otlpUrl } from './otlp-endpoint.js';
import { defaultRunFolder } from './run-folder-path.js';
import { samplerConfiguration } from './sampler-argument.js';
import { SETTING_NAMES, type SettingName, settingOf, type Values } from './settings.js';

type Structure = { [key: string]: unknown };

/** The configuration that the values of the table amount to: each at its place, and what two of them say together. */
export function assemble(values: Values): Configuration {
  const configuration: Structure = {};
  for (const name of SETTING_NAMES) {
    const { place } = settingOf(name);
    if (place !== undefined) put(configuration, place.split('.'), inForce(name, values));
  }
  const { sampler } = samplerConfiguration(values.OTEL_TRACES_SAMPLER, values.OTEL_TRACES_SAMPLER_ARG);
  put(configuration, ['traces', 'sampler'], sampler);
  for (const signal of OTLP_SIGNALS) {
    put(configuration, ['otlp', signal.toLowerCase(), 'url'], otlpUrl(values, signal));
  }
  put(configuration, ['runFolder'], runFolder(values.MONITORING_RUN_FOLDER));
  return configuration as Configuration;
}

function inForce(name: SettingName, values: Values): unknown {
  const { fallback } = settingOf(name);
  return values[name] ?? (fallback === undefined ? undefined : inForce(fallback, values));
}

/** The structures on the way are there also when the value is not. */
function put(structure: Structure, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length > 0) {
    structure[key] ??= {};
    put(structure[key] as Structure, rest, value);
  } else if (value !== undefined) structure[key] = value;
}

function runFolder(given = defaultRunFolder()): string | undefined {
  return given.toLowerCase() === 'none' ? undefined : given;
}
