import { type Document, parse, parseDocument, Scalar, visit } from 'yaml';

const YAML = { version: '1.2' } as const;
const MAX_ALIASES = 100;

/**
 * The text as plain data. `substitute` puts environment variables into one scalar.
 * @throws what `substitute` throws, or an Error for text that is not YAML
 */
export function parseYaml(text: string, substitute: (text: string) => string): unknown {
  const document = parseDocument(text, YAML);
  const [error] = document.errors;
  if (error) throw error;
  substituteScalars(document, substitute);
  // Without the sharing that aliases make, so that each value has one path.
  return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: MAX_ALIASES })));
}

/** Keys stay as they are. Quotes make a text of what is put in, as the specification has it. */
function substituteScalars(document: Document, substitute: (text: string) => string): void {
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return;
      const text = substitute(node.value);
      node.value = node.type === Scalar.PLAIN ? plainValue(text) : text;
    },
  });
}

/** Nothing that is put in can become a structure. An empty outcome is no value. */
function plainValue(text: string): unknown {
  const value: unknown = attempt(() => parse(text, YAML));
  return value === null || typeof value === 'number' || typeof value === 'boolean' ? value : text;
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
