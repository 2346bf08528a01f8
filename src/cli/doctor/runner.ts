import type { Check, Result, Verdict } from './check.js';
import type { CheckContext } from './context.js';
import { judgedBy, overruled, THIS_SHELL } from './judged.js';

export interface RunOptions {
  /** Ids; absent: all. What they need runs as well, and is reported when it is the cause of a skip. */
  readonly only?: readonly string[];
  /** Ids whose truth the caller vouches for. */
  readonly skip?: readonly string[];
  /** Milliseconds for everything. */
  readonly deadline: number;
  /** Told when a check starts. */
  onStart?(check: Check): void;
}

/** Milliseconds for a check that does not say. */
export const DEFAULT_TIMEOUT = 5000;

/** Runs the checks, each as soon as what it needs has passed, and returns their results in the order of the table. Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  context: CheckContext,
  options: RunOptions,
): Promise<Result[]> {
  const { only, skip = [], deadline } = options;
  const wanted = new Set(only ?? checks.map(({ id }) => id));
  const run = new Run(checks, context, { ...options, skip, deadline });
  const results = await Promise.all(closure(checks, wanted).map((check) => run.resultOf(check.id)));
  run.end();
  const causes = new Set(results.flatMap(({ because }) => because ?? []));
  return results.filter(({ id }) => wanted.has(id) || causes.has(id));
}

/** The wanted checks and all that they need, in the order of the table. */
function closure(checks: readonly Check[], wanted: ReadonlySet<string>): Check[] {
  const needed = new Set<string>();
  const take = (id: string): void => {
    if (needed.has(id)) return;
    needed.add(id);
    for (const need of checks.find((check) => check.id === id)?.needs ?? []) take(need);
  };
  for (const id of wanted) take(id);
  return checks.filter(({ id }) => needed.has(id));
}

class Run {
  private readonly results = new Map<string, Promise<Result>>();
  private readonly over = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly checks: readonly Check[],
    private readonly context: CheckContext,
    private readonly options: RunOptions & { skip: readonly string[] },
  ) {
    this.timer = setTimeout(() => this.over.abort(), options.deadline);
  }

  end(): void {
    clearTimeout(this.timer);
  }

  resultOf(id: string): Promise<Result> {
    let result = this.results.get(id);
    if (result === undefined) {
      result = this.settle(this.checkOf(id));
      this.results.set(id, result);
    }
    return result;
  }

  private checkOf(id: string): Check {
    const check = this.checks.find((candidate) => candidate.id === id);
    if (check === undefined) throw new Error(`no check ${id}`);
    return check;
  }

  private async settle(check: Check): Promise<Result> {
    const { id, title } = check;
    const skipped = (says: string, cause?: Cause): Result => ({
      id,
      title,
      state: 'skipped',
      says,
      ...cause,
      duration: 0,
    });
    if (this.options.skip.includes(id)) return skipped('left out by --skip');
    const without = this.notHere(check);
    if (without !== undefined) return skipped(without);
    const needed = await Promise.all(check.needs.map((need) => this.resultOf(need)));
    // What only this shell lacks keeps nobody from looking at the process.
    const root = causeAmong(check.reaches === 'offline' ? needed.filter(({ overruledBy }) => !overruledBy) : needed);
    if (root !== undefined) return skipped(`because of ${root.because}`, root);
    return this.perform(check);
  }

  private notHere(check: Check): string | undefined {
    const { offline, writeProbe } = this.context.options;
    if (offline && check.reaches !== 'offline') return 'nothing is asked with --offline';
    if (check.writes && !writeProbe) return 'writes to the account: only with --write-probe';
    return check.unless?.(this.context);
  }

  private async perform(check: Check): Promise<Result> {
    const { id, title } = check;
    const began = performance.now();
    const duration = () => Math.round((performance.now() - began) * 10) / 10;
    const limit = check.timeout ?? DEFAULT_TIMEOUT;
    const signal = AbortSignal.any([this.over.signal, AbortSignal.timeout(limit)]);
    this.options.onStart?.(check);
    try {
      const verdict = await untilAborted(Promise.resolve(check.run(this.context, signal)), signal);
      const judged = verdict.judged ?? judgedBy(check, this.context);
      const final = judged === THIS_SHELL ? overruled(verdict, check, this.context) : verdict;
      return { id, title, ...final, judged, duration: duration() };
    } catch (error) {
      const judged = judgedBy(check, this.context);
      const broken = { id, title, state: 'broken' as const, judged, duration: duration() };
      if (this.over.signal.aborted) {
        const says = 'no verdict: the time for the whole run (--timeout) is over';
        return { ...broken, says, timedOut: true, remedy: `monitoring doctor --only ${id} --timeout 120` };
      }
      if (signal.aborted) {
        const says = `no verdict within ${limit} ms`;
        return { ...broken, says, timedOut: true, remedy: `monitoring doctor --only ${id}` };
      }
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { ...broken, says: 'the check itself failed', evidence: [reason] };
    }
  }
}

type Cause = Pick<Result, 'overruledBy'> & Required<Pick<Result, 'because'>>;

/** The check at the root of why something needed is not there. */
function causeAmong(needed: readonly Result[]): Cause | undefined {
  for (const { state, id, because = id, overruledBy } of needed) {
    if (state === 'failed' || state === 'broken') return { because: id };
    if (because !== id || overruledBy !== undefined) return { because, ...(overruledBy && { overruledBy }) };
  }
  return undefined;
}

function untilAborted(work: Promise<Verdict>, signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
