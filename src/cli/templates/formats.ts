import type { Json, Kind } from './kind.js';

export const FORMATS = ['json', 'cloudformation', 'terraform'] as const;
export type Format = (typeof FORMATS)[number];

export interface Rendered {
  readonly name: string;
  readonly document: Json;
}

/**
 * - `json`: the document, or several by their names
 * - `cloudformation`: a template
 * - `terraform`: a configuration in Terraform's JSON syntax, for a file `….tf.json`
 */
export function render(kind: Kind, format: Format, documents: readonly Rendered[]): string {
  return JSON.stringify(FORMATTERS[format](kind, documents), undefined, 2);
}

const FORMATTERS: Record<Format, (kind: Kind, documents: readonly Rendered[]) => unknown> = {
  json(_, documents) {
    const [only, ...others] = documents;
    if (only && others.length === 0) return only.document;
    return Object.fromEntries(documents.map(({ name, document }) => [name, document]));
  },
  cloudformation(kind, documents) {
    const id = distinct((name) => pascalCase(name));
    return {
      AWSTemplateFormatVersion: '2010-09-09',
      Resources: Object.fromEntries(
        documents.map(({ name, document }) => [id(name), kind.cloudFormation(name, document)]),
      ),
    };
  },
  terraform(kind, documents) {
    const id = distinct((name) => snakeCase(name));
    const resource: Record<string, Record<string, unknown>> = {};
    for (const { name, document } of documents) {
      const { type, body } = kind.terraform(name, document);
      resource[type] = { ...resource[type], [id(name)]: literal(body) };
    }
    return { resource };
  },
};

/** Names that would become the same get a number. */
function distinct(change: (name: string) => string): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    const base = change(name);
    let id = base;
    for (let copy = 2; taken.has(id); copy++) id = `${base}${copy}`;
    taken.add(id);
    return id;
  };
}

/** Logical ids of CloudFormation are alphanumeric. */
function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('') || 'Resource';
}

/** Names of Terraform begin with a letter or an underscore. */
export function snakeCase(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^(?=\d)|^$/, '_');
}

/** `${` and `%{` begin a template in every text of Terraform's; doubled they are meant as they stand. */
export function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/([$%])(?=\{)/g, '$1$1');
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literal(item)]));
}
