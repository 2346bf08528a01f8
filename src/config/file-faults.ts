import type { ConfigurationModel } from '@opentelemetry/configuration';
import { isAtOrBelow, isScalar, join, type Paths } from './file-paths.js';

/** What a configuration file holds and OpenTelemetry's model does not allow. */
export interface Fault {
  /** The path of the key: `tracer_provider.processors[0].batch`. */
  path: string;
  value: unknown;
  expected: string;
}

interface ValidationError {
  /** A JSON pointer. */
  instancePath: string;
  keyword: string;
  message?: string;
  params: {
    additionalProperty?: string;
    missingProperty?: string;
    allowedValues?: unknown[];
    type?: string | string[];
    limit?: number;
  };
}

interface Validator {
  (file: unknown): boolean;
  errors?: ValidationError[] | null;
}

/**
 * The validator that @opentelemetry/configuration is built with. The package exports `parseConfigFile` alone, which refuses a whole file
 * for one key, takes text with errors of YAML and reads the environment itself.
 */
const validate: Validator =
  require('../../node_modules/@opentelemetry/configuration/dist/generated/validator.cjs').default;

/** More of them are not a slip: the file is something else. */
const MAX_FAULTS = 100;

type Container = Record<string, unknown>;

/** A file that the model allows. */
export interface CheckedFile {
  model: ConfigurationModel;
  /** What was taken out. */
  faults: Fault[];
  /** The path of each structure in the file as it was written: items move up when another is taken out. */
  paths: Paths;
}

/**
 * Takes out of the file what the model does not allow, one fault after the other: the validator tells only the first.
 * @throws when there is no end of them
 */
export function removeFaults(file: object): CheckedFile {
  const paths = pathsOf(file);
  const faults: Fault[] = [];
  for (let count = 0; !validate(file); count += 1) {
    const [error] = validate.errors ?? [];
    const place = error && placeOf(file, error);
    if (!place || count === MAX_FAULTS) throw new Error(error?.message ?? 'not a configuration file');
    if (becomesText(place, error)) continue;
    const path = originalPath(place, paths);
    // An empty value is as good as none. What lacks a part that was taken out is a consequence of that.
    const isNew = place.value !== null && !faults.some((fault) => isAtOrBelow(fault.path, path));
    if (isNew) faults.push({ path, value: place.value, expected: expectedBy(error) });
    takeOut(place);
  }
  return { model: file as ConfigurationModel, faults, paths };
}

interface Place {
  parent: Container;
  key: string;
  value: unknown;
}

/** Digits without quotes are a number to YAML, and a text is asked for. */
function becomesText({ parent, key, value }: Place, { keyword, params: { type = [] } }: ValidationError): boolean {
  if (!isScalar(value) || keyword !== 'type' || ![type].flat().includes('string')) return false;
  parent[key] = String(value);
  return true;
}

function originalPath({ parent, key, value }: Place, paths: Paths): string {
  const own = typeof value === 'object' && value !== null ? paths.get(value) : undefined;
  const above = paths.get(parent) ?? '';
  return own ?? (Array.isArray(parent) ? `${above}[]` : join(above, key));
}

function takeOut({ parent, key }: Place): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

function pathsOf(file: object): Paths {
  const paths = new WeakMap<object, string>();
  const walk = (node: object, path: string): void => {
    paths.set(node, path);
    for (const [key, child] of Object.entries(node)) {
      if (typeof child === 'object' && child !== null) walk(child, join(path, key, Array.isArray(node)));
    }
  };
  walk(file, '');
  return paths;
}

function placeOf(file: object, error: ValidationError): Place | undefined {
  const keys = error.instancePath.split('/').slice(1).map(unescapePointer);
  if (error.params.additionalProperty !== undefined) keys.push(error.params.additionalProperty);
  let parent: Container | undefined;
  let value: unknown = file;
  for (const key of keys) {
    parent = value as Container;
    value = parent[key];
  }
  const key = keys.at(-1);
  return parent && key !== undefined ? { parent, key, value } : undefined;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

const TYPES: Record<string, string> = {
  object: 'a mapping',
  array: 'a sequence',
  integer: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
};

function expectedBy({ keyword, params, message = '' }: ValidationError): string {
  const { missingProperty, allowedValues = [], type = [], limit } = params;
  switch (keyword) {
    case 'additionalProperties':
      return "a key of OpenTelemetry's configuration model";
    case 'required':
      return `${missingProperty} in it`;
    case 'enum':
      return `one of ${allowedValues.filter((value) => value !== null).join(', ')}`;
    case 'type':
      return [type]
        .flat()
        .flatMap((name) => TYPES[name] ?? [])
        .join(' or ');
    case 'minItems':
    case 'minProperties':
      return `at least ${limit} in it`;
    case 'maxProperties':
      return `at most ${limit} in it`;
    default:
      return message.replace(/^must be/, 'a value').trim();
  }
}
