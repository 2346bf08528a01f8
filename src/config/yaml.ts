import { parse } from 'yaml';

/** Reads YAML 1.2 by its core schema. In a file of its own, to be loaded only when there is a configuration file. Throws for what is not YAML. */
export function parseYaml(text: string): unknown {
  return parse(text, { version: '1.2', maxAliasCount: 100 });
}
