import { VERSION } from '../../../exporters/aws/client-options.js';
import { nearestName } from '../../config/nearest-name.js';
import { CouldNotRun } from '../exit.js';
import type { OpenContext } from './build-context.js';
import type { Check, Result } from './check.js';
import type { CheckContext } from './context.js';
import { exitCodeOf, type Report, SCHEMA_VERSION, summarise } from './report.js';
import { runChecks } from './runner.js';

export interface ExamineOptions {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** Milliseconds for everything. */
  readonly deadline: number;
  readonly strict: boolean;
  onStart?(check: Check): void;
}

/** Runs the checks and reports what they found, without a secret in it. */
export async function examine(
  checks: readonly Check[],
  { context, secrets, source }: Omit<OpenContext, 'close'>,
  options: ExamineOptions,
): Promise<Report> {
  const { only, skip, deadline, strict, onStart } = options;
  requireKnown(checks, [...(only ?? []), ...(skip ?? [])]);
  const startedAt = new Date(context.now()).toISOString();
  const began = performance.now();
  const results = await runChecks(checks, context, {
    ...(only && { only }),
    ...(skip && { skip }),
    deadline,
    ...(onStart && { onStart }),
  });
  const region = await regionWithin(context, deadline - (performance.now() - began));
  const { service, attributes, running } = context;
  const exitCode = exitCodeOf(results, strict);
  const report: Report = {
    schemaVersion: SCHEMA_VERSION,
    version: VERSION,
    startedAt,
    duration: Math.round(performance.now() - began),
    subject: {
      service: service.name,
      environment: String(attributes['deployment.environment.name'] ?? ''),
      ...(region && { region }),
      source,
      ...(running && { pid: running.pid }),
    },
    ok: exitCode === 0,
    exitCode,
    summary: summarise(results),
    checks: results,
  };
  return scrubbed(report, (text) => secrets.scrub(text));
}

/** The region; undefined where none is known, or none within `limit` milliseconds. */
async function regionWithin({ region }: CheckContext, limit: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, limit));
  });
  const found = await Promise.race([region(), late]);
  clearTimeout(timer);
  return found?.region;
}

/** @throws CouldNotRun for an id that no check has */
export function requireKnown(checks: readonly Check[], ids: readonly string[]): void {
  const known = checks.map(({ id }) => id);
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known, 3);
  throw new CouldNotRun(
    `there is no check ${unknown}${nearest ? `, perhaps ${nearest}` : ''}; monitoring explain lists them`,
  );
}

/** Every text of the report, passed through `clean`. */
function scrubbed(report: Report, clean: (text: string) => string): Report {
  const checks = report.checks.map(
    (result): Result => ({
      ...result,
      says: clean(result.says),
      ...(result.cause !== undefined && { cause: clean(result.cause) }),
      ...(result.evidence && { evidence: result.evidence.map(clean) }),
      ...(result.remedy !== undefined && { remedy: clean(result.remedy) }),
      ...(result.judged !== undefined && { judged: clean(result.judged) }),
    }),
  );
  const subject = { ...report.subject, service: clean(report.subject.service), source: clean(report.subject.source) };
  return { ...report, subject, checks };
}
