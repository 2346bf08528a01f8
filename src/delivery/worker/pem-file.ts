import { readFileSync } from 'node:fs';
import { diag } from '@opentelemetry/api';

/** What is in a PEM file; undefined without a path, and, with one line about it, for a file that can't be read. */
export function readPemFile(path: string | undefined): Buffer | undefined {
  if (!path) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    diag.error(
      `${path} can't be read, OTLP goes on without it: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}
