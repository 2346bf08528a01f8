import { readFileSync } from 'node:fs';
import { REDACTED, shown } from '../redaction/shown.js';
import { assemble } from './assemble.js';
import type { Configuration, Origin, Problem } from './configuration.js';
import { type FileSettings, readConfigurationFile } from './configuration-file.js';
import { Draft, type Given, givenByEnvironment, plainText } from './draft.js';
import type { Environment } from './environment.js';
import { SETTING_NAMES, type SettingName, settings, type Values } from './settings.js';
import { settle } from './settle.js';
import { unknownNames } from './unknown-names.js';

export interface Reading {
  configuration: Configuration;
  /** What could not be taken as it was given, at most one for each setting. */
  problems: Problem[];
  /** By the name of the setting. */
  origins: Record<string, Origin>;
  /** The values in force, by the name of the setting; undefined where something else decides. */
  values: Values;
}

export interface ReadingOptions {
  /** The text of the file; throws when it can't be read. */
  readFile?: (path: string) => string;
}

/**
 * The configuration that the environment, and the file that OTEL_CONFIG_FILE names, amount to. Never throws: what can't be used is a
 * problem and the documented default stands. Reads no file unless OTEL_CONFIG_FILE is set.
 */
export function readConfiguration(env: Environment, { readFile = readText }: ReadingOptions = {}): Reading {
  const given = new Map<SettingName, Given>();
  for (const name of SETTING_NAMES) {
    const item = settings[name].onlyInFile ? undefined : givenByEnvironment(name, env[name]);
    if (item) given.set(name, item);
  }
  const problems = takeFile(given, env, readFile);
  const draft = new Draft(given);
  settle(draft, env);
  return {
    configuration: assemble(draft.values),
    problems: oncePerKey([...problems, ...draft.problems(), ...unknownNames(env)]),
    origins: draft.origins(),
    values: draft.values,
  };
}

function oncePerKey(problems: Problem[]): Problem[] {
  const keys = new Set<string>();
  return problems.filter(({ key }) => !keys.has(key) && keys.add(key));
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

function takeFile(given: Map<SettingName, Given>, env: Environment, readFile: (path: string) => string): Problem[] {
  const named = given.get('OTEL_CONFIG_FILE');
  if (!named) return [];
  const { settings: file, problem } = readConfigurationFile(plainText(named), env, readFile);
  if (!file) return problem ? [problem] : [];
  return [...file.problems, ...merge(given, file)];
}

/**
 * The file decides what a file can say and the environment the rest, as the specification has it. Two exceptions: a switch-off in the
 * environment stands, and MONITORING_* variables win over the file.
 */
function merge(given: Map<SettingName, Given>, file: FileSettings): Problem[] {
  const switchedOff = isTrue(given.get('OTEL_SDK_DISABLED'));
  const problems: Problem[] = [];
  for (const name of SETTING_NAMES) {
    const variable = given.get(name);
    const inFile = file.given.get(name);
    const fileDecides = settings[name].file !== undefined && !(name === 'OTEL_SDK_DISABLED' && switchedOff);
    if (variable && fileDecides) {
      given.delete(name);
      if (!file.referenced.has(name)) problems.push(ignoredVariable(name, variable, inFile));
    }
    if (inFile && !given.has(name)) given.set(name, inFile);
  }
  return problems;
}

function isTrue(variable: Given | undefined): boolean {
  return variable !== undefined && plainText(variable).toLowerCase() === 'true';
}

function ignoredVariable(name: SettingName, variable: Given, inFile: Given | undefined): Problem {
  return {
    key: name,
    value: settings[name].secret ? REDACTED : shown(variable.text),
    from: variable.from,
    expected: 'no such variable beside OTEL_CONFIG_FILE, or a reference to it in the file',
    used: inFile ? `${inFile.key} of the file` : 'the default',
  };
}
