import type { Report } from '../report.js';

/** One document, whose schema is docs/doctor-report.schema.json. */
export function json(report: Report): string {
  return JSON.stringify(report, undefined, 2);
}
