import { shown } from '../redaction/shown.js';
import type { Problem } from './configuration.js';
import type { Given } from './draft.js';
import type { Environment } from './environment.js';
import { Findings } from './file-findings.js';
import { visitFile } from './file-mapping.js';
import type { SettingName } from './settings.js';
import { substitute } from './substitution.js';

/** The configuration file of OpenTelemetry (OTEL_CONFIG_FILE): https://opentelemetry.io/docs/specs/otel/configuration/data-model/ */

const SUPPORTED_MAJOR = '1';

export interface FileAccess {
  /** The text of the file; throws when it can't be read. */
  readFile(path: string): string;
  /** The text as plain data, scalars as YAML 1.2 reads them; throws when it is not YAML. */
  parseYaml(text: string): unknown;
}

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
  access: FileAccess,
): { settings?: FileSettings; problem?: Problem } {
  const refused = (expected: string): { problem: Problem } => ({
    problem: { key: 'OTEL_CONFIG_FILE', value: shown(path), from: 'environment', expected, used: NOT_USED },
  });
  const text = attempt(() => access.readFile(path));
  if ('failure' in text) return refused(`a file that can be read (${codeOf(text.failure)})`);
  const parsed = attempt(() => access.parseYaml(text.value));
  if ('failure' in parsed) return refused(`a YAML file (${firstLine(parsed.failure)})`);
  const referenced = new Set<string>();
  const file = attempt(() => substituteAll(parsed.value, env, (name) => referenced.add(name)));
  if ('failure' in file) return refused(`references such as \${NAME:-default} (${firstLine(file.failure)})`);
  const version = fileFormat(file.value);
  if (version?.split('.')[0] !== SUPPORTED_MAJOR)
    return refused(`file_format "1.0" in it (${version ?? 'none is there'})`);
  const findings = new Findings(path);
  visitFile(file.value, '', findings);
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

/** Scalars only: keys are left as they are, and nothing that is put in can become a structure. An empty outcome is no value. */
function substituteAll(node: unknown, env: Environment, onReference: (name: string) => void): unknown {
  if (typeof node === 'string') return node.includes('$') ? substitute(node, env, onReference) || null : node;
  if (Array.isArray(node)) return node.map((item) => substituteAll(item, env, onReference));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, substituteAll(item, env, onReference)]));
}

function fileFormat(file: unknown): string | undefined {
  if (typeof file !== 'object' || file === null || !('file_format' in file)) return undefined;
  const { file_format: version } = file;
  return typeof version === 'string' || typeof version === 'number' ? String(version) : undefined;
}
