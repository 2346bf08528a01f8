/** UCUM units, as OpenTelemetry writes them, to CloudWatch's 27 units. */

/** CloudWatch's units. A metric published with two of them is kept as two metrics, so a mapping never changes once released. */
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

export type StandardUnit = (typeof STANDARD_UNITS)[number];

export interface UnitMapping {
  readonly unit: StandardUnit;
  /** What values, sums, minima and maxima are multiplied by. */
  readonly factor: number;
  /** False when CloudWatch has nothing like it, and `None` stands in. */
  readonly known: boolean;
}

type Size = 'Bytes' | 'Bits';

const SCALES: readonly { prefix: string; name: (base: Size) => StandardUnit; factor: number }[] = [
  { prefix: '', name: (base) => base, factor: 1 },
  ...scale('k', 'Ki', 'Kilo', 1.024),
  ...scale('M', 'Mi', 'Mega', 1.024 ** 2),
  ...scale('G', 'Gi', 'Giga', 1.024 ** 3),
  ...scale('T', 'Ti', 'Tera', 1.024 ** 4),
];

function scale(decimal: string, binary: string, word: 'Kilo' | 'Mega' | 'Giga' | 'Tera', factor: number) {
  const name = (base: Size): StandardUnit => (base === 'Bytes' ? `${word}bytes` : `${word}bits`);
  return [
    { prefix: decimal, name, factor: 1 },
    { prefix: binary, name, factor },
  ];
}

/** UCUM is case-sensitive: `MBy` is a megabyte, `mBy` would be a thousandth of one. */
const UCUM = new Map<string, UnitMapping>([
  ['s', known('Seconds')],
  ['ms', known('Milliseconds')],
  ['us', known('Microseconds')],
  ['\u00b5s', known('Microseconds')],
  ['\u03bcs', known('Microseconds')],
  ['ns', known('Microseconds', 1e-3)],
  ['min', known('Seconds', 60)],
  ['h', known('Seconds', 3600)],
  ['d', known('Seconds', 86_400)],
  ['wk', known('Seconds', 604_800)],
  ['%', known('Percent')],
  ['1', known('None')],
  ['Hz', known('Count/Second')],
  ['1/s', known('Count/Second')],
  ['1/min', known('Count/Second', 1 / 60)],
  // Collectors before 2021 wrote bits so.
  ['Bi', known('Bits')],
  ...SCALES.flatMap(({ prefix, name, factor }): [string, UnitMapping][] => [
    [`${prefix}By`, known(name('Bytes'), factor)],
    [`${prefix}bit`, known(name('Bits'), factor)],
    [`${prefix}By/s`, known(perSecond(name('Bytes')), factor)],
    [`${prefix}bit/s`, known(perSecond(name('Bits')), factor)],
  ]),
]);

const BY_OWN_NAME = new Map(STANDARD_UNITS.map((unit) => [unit.toLowerCase(), known(unit)]));

/** Only an annotation, `{request}`: things that are counted. */
const COUNTED = /^\{[^}]*\}$/;
const COUNTED_PER = /^\{[^}]*\}\/(s|min)$/;
/** An annotation behind a unit, `By{heap}`, says nothing about the unit. */
const ANNOTATION = /\{[^}]*\}/g;

/**
 * The CloudWatch unit of an instrument.
 * @param unit the instrument's unit, UCUM; also any of CloudWatch's own names in any case
 * @param name the instrument's name: a ratio named `*.utilization` becomes Percent
 * @param monotonic whether it is a counter; one without a unit counts
 */
export function standardUnit(unit: string, name = '', monotonic = false): UnitMapping {
  if (unit === '1' && name.endsWith('.utilization')) return known('Percent', 100);
  if (unit === '') return known(monotonic ? 'Count' : 'None');
  if (COUNTED.test(unit)) return known('Count');
  const per = COUNTED_PER.exec(unit)?.[1];
  if (per !== undefined) return known('Count/Second', per === 's' ? 1 : 1 / 60);
  const plain = unit.replace(ANNOTATION, '');
  return UCUM.get(plain) ?? BY_OWN_NAME.get(unit.toLowerCase()) ?? { unit: 'None', factor: 1, known: false };
}

function known(unit: StandardUnit, factor = 1): UnitMapping {
  return { unit, factor, known: true };
}

function perSecond(unit: StandardUnit): StandardUnit {
  const rate = `${unit}/Second`;
  return STANDARD_UNITS.find((candidate) => candidate === rate) ?? 'None';
}
