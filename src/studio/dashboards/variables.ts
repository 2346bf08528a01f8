import { ExpressionError } from '../../cloudwatch/expression-syntax.js';
import { searchMetrics } from './search.js';
import type { HeldSeries } from './time-series.js';

/** A dashboard's variables: API reference, "Dashboard Body Structure and Syntax", variables. */
export interface Variable {
  readonly id: string;
  readonly label: string;
  readonly inputType: 'input' | 'select' | 'radio';
  readonly visible: boolean;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** What is chosen. */
  readonly value: string;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Options that are offered; more don't help anyone to choose. */
const MAX_OPTIONS = 500;

/** @param chosen values by id; what is not chosen has its default */
export function readVariables(
  body: Json,
  chosen: ReadonlyMap<string, string>,
  held: readonly HeldSeries[],
): Variable[] {
  return definitions(body).map((variable) => {
    const options = optionsOf(variable, held);
    const id = text(variable.id);
    const fallback = defaultOf(text(variable.defaultValue), options);
    return {
      id,
      label: text(variable.label) || id,
      inputType: variable.inputType === 'select' || variable.inputType === 'radio' ? variable.inputType : 'input',
      visible: variable.visible !== false,
      options,
      value: chosen.get(id) ?? fallback,
    };
  });
}

const definitions = (body: Json): Json[] => (Array.isArray(body.variables) ? body.variables.filter(isObject) : []);

/** A default that has not arrived here gives way to one that has: the page is to show something. */
function defaultOf(value: string, options: Variable['options']): string {
  const first = options[0]?.value;
  if (value === '__FIRST' || value === '') return first ?? '';
  return first === undefined || options.some((option) => option.value === value) ? value : first;
}

function optionsOf(variable: Json, held: readonly HeldSeries[]): Variable['options'] {
  if (Array.isArray(variable.values)) {
    return variable.values
      .filter(isObject)
      .map((one) => ({ value: text(one.value), label: text(one.label) || text(one.value) }));
  }
  const [search, dimension] = [text(variable.search), text(variable.populateFrom)];
  if (search === '' || dimension === '') return [];
  const values = found(search, held).flatMap(({ dimensions }) =>
    dimensions.filter(({ name }) => name === dimension).map(({ value }) => value),
  );
  return [...new Set(values)]
    .sort()
    .slice(0, MAX_OPTIONS)
    .map((value) => ({ value, label: value }));
}

function found(search: string, held: readonly HeldSeries[]): readonly HeldSeries[] {
  try {
    return searchMetrics(search, held);
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}

/** The values by id, for the body that they are put into; one that is empty leaves the default. */
export const choicesOf = (variables: readonly Variable[]): Record<string, string> =>
  Object.fromEntries(variables.filter(({ value }) => value !== '').map(({ id, value }) => [id, value]));
