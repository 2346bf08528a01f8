/** Placeholders and variables of dashboard bodies: what `dashboards/*.json` leave open, and what a reader of one chooses. */

/** What `{{name}}` stands for in the files of `dashboards/` and `alarms/`. */
export interface TemplateValues {
  /** CloudWatch namespace of the metrics. */
  readonly namespace: string;
  readonly region: string;
  /** Log group of the errors. */
  readonly logGroup: string;
  readonly service: string;
  readonly environment: string;
}

export const PLACEHOLDERS: readonly (keyof TemplateValues)[] = [
  'namespace',
  'region',
  'logGroup',
  'service',
  'environment',
];

const PLACEHOLDER = /\{\{(\w+)\}\}/g;
/** Texts in which a value stands between quotes. */
const QUOTING = new Set(['expression', 'search']);

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same document with every known placeholder in its texts filled; others stay, see {@link unknownPlaceholders}. */
export function fillTemplate(document: unknown, values: TemplateValues): unknown {
  return mapTexts(document, (text, key) =>
    text.replace(PLACEHOLDER, (whole, name: string) => {
      const value = isPlaceholder(name) ? values[name] : undefined;
      if (value === undefined) return whole;
      return QUOTING.has(key) ? value.replace(/["'\\]/g, '\\$&') : value;
    }),
  );
}

/** Placeholders of a document that stand for nothing. */
export function unknownPlaceholders(document: unknown): string[] {
  const unknown = new Set<string>();
  mapTexts(document, (text) => {
    for (const [, name = ''] of text.matchAll(PLACEHOLDER)) if (!isPlaceholder(name)) unknown.add(name);
    return text;
  });
  return [...unknown];
}

const isPlaceholder = (name: string): name is keyof TemplateValues =>
  (PLACEHOLDERS as readonly string[]).includes(name);

/**
 * The body as it is shown for a choice: the widgets with each variable's value put in, that of `choices` by the variable's id, else its
 * default. A variable without either, or with the default `__FIRST`, which takes a search to know, leaves the widgets as they are.
 */
export function applyVariables(body: unknown, choices: Readonly<Record<string, string>> = {}): unknown {
  if (!isObject(body) || !Array.isArray(body.variables)) return body;
  let widgets: unknown = body.widgets;
  for (const variable of body.variables.filter(isObject)) {
    const value = chosen(variable, choices);
    if (value !== undefined) widgets = withVariable(widgets, variable, value);
  }
  return { ...body, widgets };
}

function chosen(variable: Json, choices: Readonly<Record<string, string>>): string | undefined {
  const id = typeof variable.id === 'string' ? variable.id : '';
  const value = Object.hasOwn(choices, id) ? choices[id] : variable.defaultValue;
  return typeof value === 'string' && value !== '__FIRST' ? value : undefined;
}

function withVariable(widgets: unknown, { type, pattern, property }: Json, value: string): unknown {
  if (type === 'pattern' && typeof pattern === 'string' && pattern !== '') {
    const matched = expressionOf(pattern);
    return mapTexts(widgets, (text) => text.replace(matched, () => value));
  }
  if (type === 'property' && typeof property === 'string') return withProperty(widgets, property, value);
  return widgets;
}

/** A pattern is a regular expression; what is none is meant as it stands. */
function expressionOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'g');
  } catch {
    return new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g');
  }
}

/** A property by its name anywhere in a widget, or the value of a dimension of that name in a row of metrics. */
function withProperty(node: unknown, name: string, value: string): unknown {
  if (Array.isArray(node)) {
    const isRow = node.length > 1 && typeof node[0] === 'string' && typeof node[1] === 'string';
    return node.map((item, index) => {
      // [namespace, metric, dimension, value, dimension, value, …]
      const isValue = isRow && index >= 3 && index % 2 === 1 && typeof item === 'string' && node[index - 1] === name;
      return isValue ? value : withProperty(item, name, value);
    });
  }
  if (!isObject(node)) return node;
  const entries = Object.entries(node).map(([key, item]) => [
    key,
    key === name ? value : withProperty(item, name, value),
  ]);
  return Object.fromEntries(entries);
}

function mapTexts(node: unknown, change: (text: string, key: string) => string, key = ''): unknown {
  if (typeof node === 'string') return change(node, key);
  if (Array.isArray(node)) return node.map((item) => mapTexts(item, change, key));
  if (!isObject(node)) return node;
  return Object.fromEntries(Object.entries(node).map(([name, item]) => [name, mapTexts(item, change, name)]));
}
