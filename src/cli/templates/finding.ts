/** One thing that is wrong with a file, and where. */
export interface Finding {
  /** `error`: the service refuses it. `warning`: it takes it, but it is probably not meant so. */
  readonly severity: 'error' | 'warning';
  /** JSON pointer; empty for the whole. */
  readonly path: string;
  readonly message: string;
  /** Counted from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** `dashboards/mine.json:12:7: /widgets/0/type: Should be …`, as compilers and editors write it. */
export function formatFinding(file: string, { path, message, line, column }: Finding): string {
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}
