import { shown } from '../redaction/shown.js';
import type { Problem } from './configuration.js';
import type { Given } from './draft.js';
import type { Environment } from './environment.js';
import { removeFaults } from './file-faults.js';
import { Findings } from './file-findings.js';
import { mapFile } from './file-mapping.js';
import { parseYaml } from './file-yaml.js';
import type { SettingName } from './settings.js';
import { BadReference, substitute } from './substitution.js';

/**
 * The configuration file of OpenTelemetry (OTEL_CONFIG_FILE): https://opentelemetry.io/docs/specs/otel/configuration/data-model/
 * A bundle of its own, which loads when a file is named.
 */

const SUPPORTED_MAJOR = '1';

export interface FileSettings {
  given: ReadonlyMap<SettingName, Given>;
  /** Environment variables that the file refers to. */
  referenced: ReadonlySet<string>;
  problems: Problem[];
}

/** What the file says; when it can't be read, undefined and what is wrong with it. Never throws. */
export function readConfigurationFile(
  path: string,
  env: Environment,
  readFile: (path: string) => string,
): { settings?: FileSettings; problem?: Problem } {
  const refused = (expected: string): { problem: Problem } => ({
    problem: { key: 'OTEL_CONFIG_FILE', value: shown(path), from: 'environment', expected, used: NOT_USED },
  });
  const text = attempt(() => readFile(path));
  if ('failure' in text) return refused(`a file that can be read (${codeOf(text.failure)})`);
  const referenced = new Set<string>();
  const file = attempt(() =>
    parseYaml(text.value, (scalar) => substitute(scalar, env, (name) => referenced.add(name))),
  );
  if ('failure' in file) return refused(expectedInstead(file.failure));
  const version = fileFormat(file.value);
  if (version?.split('.')[0] !== SUPPORTED_MAJOR)
    return refused(`file_format "1.0" in it (${version ?? 'none is there'})`);
  const checked = attempt(() => removeFaults({ ...(file.value as object), file_format: version }));
  if ('failure' in checked) return refused(`OpenTelemetry's configuration model (${firstLine(checked.failure)})`);
  const findings = new Findings(path, checked.value.paths);
  mapFile(checked.value, findings);
  return { settings: { given: findings.given, referenced, problems: findings.problems } };
}

const NOT_USED = 'the environment and the defaults';

function attempt<T>(action: () => T): { value: T } | { failure: unknown } {
  try {
    return { value: action() };
  } catch (failure) {
    return { failure };
  }
}

function codeOf(failure: unknown): string {
  const code = failure instanceof Error && 'code' in failure ? failure.code : undefined;
  return typeof code === 'string' ? code : firstLine(failure);
}

function firstLine(failure: unknown): string {
  const message = failure instanceof Error ? failure.message : String(failure);
  return shown(message.split('\n', 1)[0] ?? '');
}

function expectedInstead(failure: unknown): string {
  const reason = firstLine(failure);
  return failure instanceof BadReference
    ? `references such as \${NAME:-default} (${reason})`
    : `a YAML file (${reason})`;
}

function fileFormat(file: unknown): string | undefined {
  if (typeof file !== 'object' || file === null || !('file_format' in file)) return undefined;
  const { file_format: version } = file;
  return typeof version === 'string' || typeof version === 'number' ? String(version) : undefined;
}
