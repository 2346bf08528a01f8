import { type Context, propagation } from '@opentelemetry/api';

/** The headers of undici's request: a list of names and values in turn, in version 5 a text of lines. */
export interface HeaderHolder {
  headers?: unknown;
}

const LINE_END = '\r\n';

/**
 * Removes the headers that the propagators are about to add. `addHeader` of undici appends: a gateway that passes on
 * what it received would send each of them twice.
 */
export function removeTraceHeaders(request: HeaderHolder, active: Context): void {
  const told = new Set(propagation.fields().map((name) => name.toLowerCase()));
  if (propagation.getBaggage(active) === undefined) told.delete('baggage');
  const isTold = (name: unknown): boolean => told.has(String(name).toLowerCase());
  const { headers } = request;
  if (Array.isArray(headers)) {
    for (let i = headers.length - 2; i >= 0; i -= 2) if (isTold(headers[i])) headers.splice(i, 2);
  } else if (typeof headers === 'string') {
    const lines = headers.split(LINE_END).filter((line) => !isTold(line.slice(0, line.indexOf(':'))));
    request.headers = lines.join(LINE_END);
  }
}
