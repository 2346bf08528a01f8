import type { Input } from '../../cloudwatch/input.js';
import { AwsError } from '../aws-error.js';
import type { Datum, Dimension, Entity, StatisticSet } from '../datum.js';

/** The rules of PutMetricData: API reference of PutMetricData, MetricDatum, Dimension, StatisticSet and Entity. */

/** Over MetricData and EntityMetricData together. */
export const MAX_DATUMS = 1000;
/** Bytes of the request, uncompressed. */
export const MAX_REQUEST_BYTES = 1024 * 1024;
export const MAX_ENTITIES = 2;
export const MAX_VALUES = 150;
export const MAX_DIMENSIONS = 30;
export const MAX_NAME_LENGTH = 255;
export const MAX_DIMENSION_VALUE_LENGTH = 1024;
/** Values must lie in [-MAX_MAGNITUDE, MAX_MAGNITUDE]. */
export const MAX_MAGNITUDE = 2 ** 360;
/** Milliseconds. */
export const MAX_AGE = 14 * 24 * 3600 * 1000;
/** Milliseconds. */
export const MAX_AHEAD = 2 * 3600 * 1000;

/** The local endpoint has a list of its own, so that it refuses what the exporter gets wrong (docs/decisions/0040-rooms.md). */
export const STANDARD_UNITS = [
  'Seconds',
  'Microseconds',
  'Milliseconds',
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Gigabytes',
  'Terabytes',
  'Bits',
  'Kilobits',
  'Megabits',
  'Gigabits',
  'Terabits',
  'Percent',
  'Count',
  'Bytes/Second',
  'Kilobytes/Second',
  'Megabytes/Second',
  'Gigabytes/Second',
  'Terabytes/Second',
  'Bits/Second',
  'Kilobits/Second',
  'Megabits/Second',
  'Gigabits/Second',
  'Terabits/Second',
  'Count/Second',
  'None',
] as const;

const UNITS: ReadonlySet<string> = new Set(STANDARD_UNITS);
const MAX_MESSAGES = 100;

export interface NamedDatum {
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly datum: Datum;
}

export interface MetricUpload {
  readonly namespace: string;
  readonly datums: readonly NamedDatum[];
  /** Of `X-Amzn-Failure-Message`: an entity was not understood, its data was taken. */
  readonly entityFailure?: string;
}

/** Collects what is wrong with a request; the service names all of it, one line each. */
class Findings {
  readonly #missing: string[] = [];
  readonly #invalid: string[] = [];
  readonly #combination: string[] = [];

  missing(path: string): void {
    this.#missing.push(`The parameter ${path} is required.`);
  }

  invalid(message: string): void {
    this.#invalid.push(message);
  }

  combination(message: string): void {
    this.#combination.push(message);
  }

  throwIfAny(): void {
    throwAll('MissingParameter', 'MissingRequiredParameterException', this.#missing);
    throwAll('InvalidParameterValue', 'InvalidParameterValueException', this.#invalid);
    throwAll('InvalidParameterCombination', 'InvalidParameterCombinationException', this.#combination);
  }
}

function throwAll(code: string, shape: string, messages: readonly string[]): void {
  if (messages.length > 0) throw new AwsError(code, messages.slice(0, MAX_MESSAGES).join('\n'), { shape });
}

/** The number of datums in a request, accepted or not. */
export const countDatums = (input: Input): number => groupsOf(input).reduce((sum, group) => sum + group.data.length, 0);

/**
 * @param now epoch milliseconds
 * @throws AwsError one bad datum fails the whole request
 */
export function readPutMetricData(input: Input, now: number): MetricUpload {
  const findings = new Findings();
  const namespace = readNamespace(input, findings);
  const groups = groupsOf(input);
  if (groups.every((group) => group.data.length === 0)) findings.missing('MetricData');
  if (countDatums(input) > MAX_DATUMS) findings.invalid(tooMany('MetricData', MAX_DATUMS));
  if ((input.list('EntityMetricData')?.length ?? 0) > MAX_ENTITIES) {
    findings.invalid(tooMany('EntityMetricData', MAX_ENTITIES));
  }
  findings.throwIfAny();
  const entities = groups.map((group) => readEntity(group.entity));
  const failure = entities.find((entity) => entity.failure !== undefined)?.failure;
  if (failure !== undefined && input.boolean('StrictEntityValidation') === true) {
    findings.invalid(`The entity is invalid: ${failure}.`);
  }
  const datums = groups.flatMap((group, index) =>
    group.data.map((item, at) => readDatum(item, `${group.path}.${at + 1}`, now, entities[index]?.entity, findings)),
  );
  findings.throwIfAny();
  return { namespace, datums, ...(failure === undefined ? {} : { entityFailure: failure }) };
}

interface Group {
  readonly path: string;
  readonly entity: Input | undefined;
  readonly data: readonly Input[];
}

const groupsOf = (input: Input): Group[] => [
  { path: 'MetricData.member', entity: undefined, data: input.inputs('MetricData') ?? [] },
  ...(input.inputs('EntityMetricData') ?? []).map((group, index) => ({
    path: `EntityMetricData.member.${index + 1}.MetricData.member`,
    entity: group.input('Entity'),
    data: group.inputs('MetricData') ?? [],
  })),
];

const tooMany = (path: string, most: number): string =>
  `The collection ${path} must not have a size greater than ${most}.`;
const tooLong = (path: string, most: number): string =>
  `The parameter ${path} must be shorter than ${most + 1} characters.`;
const badValue = (value: unknown, path: string): string =>
  `The value ${String(value)} for parameter ${path} is invalid.`;

function readNamespace(input: Input, findings: Findings): string {
  const namespace = input.string('Namespace') ?? '';
  if (namespace === '') findings.missing('Namespace');
  checkText(namespace, 'Namespace', MAX_NAME_LENGTH, findings);
  if (namespace.startsWith(':')) findings.invalid(badValue(namespace, 'Namespace'));
  if (/^AWS\//i.test(namespace)) findings.invalid(badValue('AWS/', 'Namespace'));
  return namespace;
}

/** ASCII without control characters, at least one character that is not blank. */
function checkText(text: string, path: string, maxLength: number, findings: Findings): void {
  if (text.length > maxLength) findings.invalid(tooLong(path, maxLength));
  if (/\P{ASCII}/u.test(text)) findings.invalid(`The value for parameter ${path} contains non-ASCII characters.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text))
    findings.invalid(`The value for parameter ${path} contains control characters.`);
  if (text !== '' && text.trim() === '') findings.invalid(badValue(text, path));
}

function readDatum(item: Input, path: string, now: number, entity: Entity | undefined, findings: Findings): NamedDatum {
  const name = item.string('MetricName') ?? '';
  if (name === '') findings.missing(`${path}.MetricName`);
  checkText(name, `${path}.MetricName`, MAX_NAME_LENGTH, findings);
  const datum: Datum = {
    timestamp: readTimestamp(item, path, now, findings),
    arrived: now,
    unit: readUnit(item, path, findings),
    resolution: readResolution(item, path, findings),
    ...readNumbers(item, path, findings),
    ...(entity === undefined ? {} : { entity }),
  };
  return { name, dimensions: readDimensions(item, path, findings), datum };
}

function readDimensions(item: Input, path: string, findings: Findings): Dimension[] {
  const inputs = item.inputs('Dimensions') ?? [];
  if (inputs.length > MAX_DIMENSIONS) findings.invalid(tooMany(`${path}.Dimensions`, MAX_DIMENSIONS));
  const dimensions = inputs.map((input, index) =>
    readDimension(input, `${path}.Dimensions.member.${index + 1}`, findings),
  );
  if (new Set(dimensions.map((dimension) => dimension.name)).size < dimensions.length) {
    findings.invalid(`The parameter ${path}.Dimensions contains a dimension name more than once.`);
  }
  return dimensions;
}

function readDimension(input: Input, path: string, findings: Findings): Dimension {
  const name = input.string('Name') ?? '';
  const value = input.string('Value') ?? '';
  if (name === '') findings.missing(`${path}.Name`);
  if (value === '') findings.missing(`${path}.Value`);
  checkText(name, `${path}.Name`, MAX_NAME_LENGTH, findings);
  checkText(value, `${path}.Value`, MAX_DIMENSION_VALUE_LENGTH, findings);
  if (name.startsWith(':')) findings.invalid(badValue(name, `${path}.Name`));
  return { name, value };
}

function readTimestamp(item: Input, path: string, now: number, findings: Findings): number {
  const timestamp = item.time('Timestamp') ?? now;
  if (!Number.isFinite(timestamp)) findings.invalid(badValue(timestamp, `${path}.Timestamp`));
  if (timestamp < now - MAX_AGE) {
    findings.invalid(`The parameter ${path}.Timestamp must specify a time within the past two weeks.`);
  }
  if (timestamp > now + MAX_AHEAD) {
    findings.invalid(`The parameter ${path}.Timestamp must specify a time no more than two hours in the future.`);
  }
  return timestamp;
}

function readUnit(item: Input, path: string, findings: Findings): string {
  const unit = item.string('Unit') ?? 'None';
  if (!UNITS.has(unit)) {
    findings.invalid(`The parameter ${path}.Unit must be a value in the set [ ${STANDARD_UNITS.join(', ')} ].`);
  }
  return unit;
}

function readResolution(item: Input, path: string, findings: Findings): 1 | 60 {
  const resolution = item.number('StorageResolution') ?? 60;
  if (resolution !== 1 && resolution !== 60) findings.invalid(badValue(resolution, `${path}.StorageResolution`));
  return resolution === 1 ? 1 : 60;
}

type Numbers = Pick<Datum, 'value' | 'values' | 'counts' | 'statistics'>;

function readNumbers(item: Input, path: string, findings: Findings): Numbers {
  const value = item.number('Value');
  const values = item.numbers('Values');
  const counts = item.numbers('Counts');
  const statistics = item.input('StatisticValues');
  const given = {
    Value: value !== undefined,
    Values: (values?.length ?? 0) > 0,
    StatisticValues: statistics !== undefined,
  };
  checkCombination(given, path, findings);
  if (value !== undefined && !isInRange(value)) findings.invalid(badValue(value, `${path}.Value`));
  checkValues(values ?? [], counts, path, findings);
  return {
    ...(value === undefined ? {} : { value }),
    ...(given.Values && values !== undefined ? { values } : {}),
    ...(given.Values && counts !== undefined ? { counts } : {}),
    ...(statistics === undefined
      ? {}
      : { statistics: readStatistics(statistics, `${path}.StatisticValues`, findings) }),
  };
}

interface Given {
  readonly Value: boolean;
  readonly Values: boolean;
  readonly StatisticValues: boolean;
}

function checkCombination(given: Given, path: string, findings: Findings): void {
  if (!given.Value && !given.Values && !given.StatisticValues) {
    findings.combination(`At least one of the parameters ${path}.Value and ${path}.StatisticValues must be specified.`);
  }
  for (const other of ['Values', 'StatisticValues'] as const) {
    if (!given.Value || !given[other]) continue;
    findings.combination(
      `The parameters ${path}.Value and ${path}.${other} are mutually exclusive and you have specified both.`,
    );
  }
}

function checkValues(
  values: readonly number[],
  counts: readonly number[] | undefined,
  path: string,
  findings: Findings,
): void {
  if (values.length > MAX_VALUES) findings.invalid(tooMany(`${path}.Values`, MAX_VALUES));
  if (counts !== undefined && counts.length !== values.length) {
    findings.invalid(`The parameters ${path}.Values and ${path}.Counts must be of the same size.`);
  }
  for (const [index, value] of values.entries()) {
    if (!isInRange(value)) findings.invalid(badValue(value, `${path}.Values.member.${index + 1}`));
  }
  for (const [index, count] of (counts ?? []).entries()) {
    if (!isCount(count)) findings.invalid(badValue(count, `${path}.Counts.member.${index + 1}`));
  }
}

function readStatistics(input: Input, path: string, findings: Findings): StatisticSet {
  const read = (name: string): number => {
    const value = input.number(name);
    if (value === undefined) findings.missing(`${path}.${name}`);
    else if (!isInRange(value)) findings.invalid(badValue(value, `${path}.${name}`));
    return value ?? 0;
  };
  const set = {
    sampleCount: read('SampleCount'),
    sum: read('Sum'),
    minimum: read('Minimum'),
    maximum: read('Maximum'),
  };
  if (set.sampleCount < 0) findings.invalid(badValue(set.sampleCount, `${path}.SampleCount`));
  if (set.minimum > set.maximum) {
    findings.invalid(`The parameter ${path}.Maximum must be greater than or equal to ${path}.Minimum.`);
  }
  return set;
}

/** NaN is not. */
const isInRange = (value: number): boolean => Math.abs(value) <= MAX_MAGNITUDE;
const isCount = (count: number): boolean => count >= 0 && count <= MAX_MAGNITUDE;

const ENTITY = { keyAttributes: [2, 4], keyLength: 32, attributes: 10, attributeName: 256, value: 2048 } as const;

interface ReadEntity {
  readonly entity?: Entity;
  readonly failure?: string;
}

/** An entity that breaks a rule is left out and named by the reason that the service gives. */
function readEntity(input: Input | undefined): ReadEntity {
  if (input === undefined) return {};
  const keyAttributes = input.stringMap('KeyAttributes') ?? {};
  const attributes = input.stringMap('Attributes') ?? {};
  const failure = entityFailure(keyAttributes, attributes);
  return failure === undefined ? { entity: { keyAttributes, attributes } } : { failure };
}

function entityFailure(keys: Record<string, string>, attributes: Record<string, string>): string | undefined {
  const keyEntries = Object.entries(keys);
  const [least, most] = ENTITY.keyAttributes;
  if (keyEntries.length < least || keyEntries.length > most) return 'InvalidKeyAttributes';
  if (!fits(keyEntries, ENTITY.keyLength)) return 'InvalidKeyAttributes';
  if (keys.Type === undefined) return 'InvalidTypeValue';
  const entries = Object.entries(attributes);
  return entries.length > ENTITY.attributes || !fits(entries, ENTITY.attributeName) ? 'InvalidAttributes' : undefined;
}

const fits = (entries: readonly [string, string][], nameLength: number): boolean =>
  entries.every(
    ([name, value]) =>
      name.length >= 1 && name.length <= nameLength && value.length >= 1 && value.length <= ENTITY.value,
  );
