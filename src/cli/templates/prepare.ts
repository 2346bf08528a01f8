import { fillTemplate, PLACEHOLDERS, unknownPlaceholders } from '../../cloudwatch/template.js';
import { emissionOf } from '../emitted-metrics.js';
import type { Target } from '../target.js';
import type { Finding } from './finding.js';
import { isFinding, readJson } from './json-file.js';
import type { Json, Kind } from './kind.js';
import { readTemplate, type TemplateFile } from './template-files.js';

/** A file, and what would be deployed of it. */
export interface Prepared {
  readonly file: TemplateFile;
  /** That it is deployed under. */
  readonly name: string;
  /** Absent: the file is no JSON object. */
  readonly document?: Json;
  /** Errors and warnings, with the place in the file where there is one. */
  readonly findings: readonly Finding[];
  /** A finding about the document with its place in the file. */
  place(finding: Finding): Finding;
}

export interface Preparation {
  readonly kind: Kind;
  readonly target: Target;
  readonly prefix: string;
  /** What the kind's own options say. */
  readonly options: Json;
}

/** Reads, fills, finishes and validates. @throws CouldNotRun for a file that can't be read, or an option that can't be meant */
export function prepare(file: TemplateFile, { kind, target, prefix, options }: Preparation): Prepared {
  const name = `${prefix}${file.stem}`;
  const read = readJson(readTemplate(file));
  if (isFinding(read)) return { file, name, findings: [read], place: (finding) => finding };
  const place = (finding: Finding): Finding =>
    finding.path === '' || finding.line !== undefined ? finding : { ...finding, ...read.locate(finding.path) };
  const filled = fillTemplate(read.document, target);
  if (!isObject(filled)) {
    return { file, name, place, findings: [{ severity: 'error', path: '', message: 'expected a JSON object' }] };
  }
  const document = kind.finish(filled, { name, stem: file.stem, target, options });
  const found = [...aboutName(kind, name), ...read.warnings, ...unfilled(read.document), ...kind.validate(document)];
  return { file, name, document, place, findings: found.map(place) };
}

/** What stays empty, by the files that are JSON. */
export function lint(prepared: readonly Prepared[], { kind, target }: Preparation): Map<Prepared, Finding[]> {
  const emission = emissionOf(target);
  return new Map(
    prepared.flatMap((one) => {
      const { document, place } = one;
      return document === undefined ? [] : [[one, kind.lint(document, emission).map(place)] as const];
    }),
  );
}

export const hasErrors = ({ findings }: Prepared): boolean => findings.some(({ severity }) => severity === 'error');

function aboutName(kind: Kind, name: string): Finding[] {
  const message = kind.nameProblem(name);
  return message === undefined ? [] : [{ severity: 'error', path: '', message }];
}

function unfilled(document: unknown): Finding[] {
  return unknownPlaceholders(document).map((name) => ({
    severity: 'warning',
    path: '',
    message: `{{${name}}} is filled by nothing; there are ${PLACEHOLDERS.map((known) => `{{${known}}}`).join(' ')}`,
  }));
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
