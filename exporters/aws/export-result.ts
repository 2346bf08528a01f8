import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Offered } from './ticket.js';

/** Success when everything was accepted or is kept for later; what was dropped makes it a failure, with the count and the reason. */
export function resultOf({ dropped, reason }: Pick<Offered, 'dropped' | 'reason'>): ExportResult {
  if (dropped === 0) return { code: ExportResultCode.SUCCESS };
  return { code: ExportResultCode.FAILED, error: new Error(`${dropped} items dropped: ${reason ?? 'unknown'}`) };
}

/** Calls a processor back. What it throws is its own and must not come back into an exporter as an unhandled rejection. */
export function callBack(
  callback: (result: ExportResult) => void,
  result: ExportResult,
  warn: (line: string) => void,
): void {
  try {
    callback(result);
  } catch (error) {
    warn(`a result callback threw ${String(error)}`);
  }
}
