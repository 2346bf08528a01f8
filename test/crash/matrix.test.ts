import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultKind } from '../../src/studio/faults.js';
import { LocalAws } from '../e2e/support/aws.js';
import { ROOT } from '../e2e/support/process.js';
import { ROWS, type Row } from './rows.js';
import { Pool } from './support/pool.js';
import { comparable, type Death, die } from './support/run.js';
import { DelayTable } from './support/table.js';

const { nodeBinary }: { nodeBinary(major: number): string | Error } = require(join(ROOT, 'scripts/node-binaries.mjs'));

const MAJORS = [20, 22, 24, 26];
/** Milliseconds by which a machine may be late that has no more to do than it has processors; more when it has. */
const SLACK = 1000;
const slack = () => SLACK * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
/** Milliseconds that a process must have waited before what it knew may be left to the next start. */
const PATIENCE = 1000;

interface Told {
  severity: string;
  body: string;
}

interface Outcome {
  bare: Death;
  monitored: Death;
  /** Events that had arrived when the process was gone, and those that came by the next start. */
  told: Told[];
  toldNext: Told[];
  requests: number;
  spans: number;
  leftBehind: string[];
}

function namespaces(kind: string[]): boolean {
  try {
    execFileSync('unshare', [...kind, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const can = {
  pid: namespaces(['--pid', '--fork', '--mount-proc']),
  mount: namespaces(['--mount']),
};

/** Why a row can't be had here; undefined: it can. */
function missing(row: Row, major: number, binary: string | Error): string | undefined {
  if (binary instanceof Error) return binary.message;
  if (row.since !== undefined && major < row.since) return `Node ${major} has no such thing`;
  if (row.until !== undefined && major > row.until) return `Node ${major} has no such thing`;
  if (row.needs !== undefined && !can[row.needs]) return `no ${row.needs} namespaces here (not root, or not Linux)`;
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function play(row: Row, major: number, node: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-crash-'));
  const port = row.endpoint === 'refusing' ? await freePort() : 0;
  let aws = port === 0 ? await LocalAws.start() : undefined;
  try {
    if (row.endpoint !== undefined && row.endpoint !== 'refusing')
      aws?.studio.faults.add({ kind: row.endpoint as FaultKind });
    const settings = {
      ...LocalAws.settings(aws?.studio.url ?? `http://127.0.0.1:${port}`),
      MONITORING_RUN_FOLDER: folder,
    };
    const flags = row.flags?.(major, folder) ?? [];
    const preload = row.preload ?? ['--require', '@org/monitoring/register'];
    const command = {
      node,
      app: row.app ?? 'dies.cjs',
      way: row.way,
      ...(row.through && { through: row.through(folder) }),
      ...(row.signal && { signal: row.signal }),
      ...(row.signalAfter && { signalAfter: row.signalAfter }),
    };
    const bare = await die({
      ...command,
      flags,
      env: {},
      ...(row.bareSignalAfter && { signalAfter: row.bareSignalAfter }),
    });
    const monitored = await die({ ...command, flags: [...flags, ...preload], env: { ...settings, ...row.env } });
    const told = await toldBy(aws);
    const requests = Object.values((await aws?.requests()) ?? {}).reduce((sum, { count }) => sum + count, 0);
    const spans = (await aws?.spans())?.length ?? 0;
    const leftBehind = existsSync(join(folder, 'spool')) ? readdirSync(join(folder, 'spool')) : [];
    aws ??= await LocalAws.start({ port });
    aws.studio.faults.clear();
    const isLate = row.endpoint === undefined && told.length < row.told.length;
    if (row.next !== undefined || isLate) {
      const start = () =>
        die({ node, app: 'dies.cjs', way: 'idle', flags: ['--require', '@org/monitoring/register'], env: settings });
      await Promise.all(row.nextStarts === 2 ? [start(), start()] : [start()]);
    }
    const all = await toldBy(aws);
    const toldNext = all.filter((event) => !told.some((before) => before.body === event.body));
    return { bare, monitored, told, toldNext, requests, spans, leftBehind };
  } finally {
    await aws?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function toldBy(aws: LocalAws | undefined): Promise<Told[]> {
  return ((await aws?.errors()) ?? []).map(({ severityText, body }) => ({ severity: severityText, body }));
}

function check(row: Row, { bare, monitored, told, toldNext, requests, spans }: Outcome): void {
  const output = `\n${monitored.stderr}`;
  assert.deepEqual([monitored.code, monitored.signal], [bare.code, bare.signal], `it ends as without us${output}`);
  if (row.sameStderr !== false)
    assert.equal(comparable(monitored.stderr), comparable(bare.stderr), 'stderr is as without us');
  const delay = delayOf(bare, monitored);
  const seen = (events: Told[]) => events.map(({ severity, body }) => `${severity} ${body}`).sort();
  if (leftToNext(told, row, delay)) {
    const expected = [...row.told, ...(row.next ?? [])].sort();
    assertTold([...seen(told), ...seen(toldNext)].sort(), expected, `told by its end and by the next start${output}`);
  } else {
    assertTold(seen(told), [...row.told].sort(), `told by its end${output}`);
    assertTold(seen(toldNext), [...(row.next ?? [])].sort(), `told by the next start${output}`);
  }
  if (row.requests !== undefined) assert.equal(requests, row.requests, `requests counted${output}`);
  if (row.spans !== undefined) assert.ok(spans >= row.spans, `${spans} spans${output}`);
  if (row.says !== undefined) assert.match(monitored.stderr, row.says);
  if (delay !== undefined) assert.ok(delay <= row.within + slack(), `${delay} ms later than without us${output}`);
}

/** Patterns are written `SEVERITY text`; the text of an event has to begin with theirs. */
function assertTold(seen: string[], expected: string[], message: string): void {
  const matches =
    seen.length === expected.length && seen.every((event, index) => event.startsWith(expected[index] ?? '\0'));
  assert.ok(matches, `${message}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(seen)}`);
}

/** On a machine so busy that the worker did not get to it in the time for which a dying process waits. */
function leftToNext(told: Told[], row: Row, delay: number | undefined): boolean {
  const patience = row.patience ?? PATIENCE;
  return row.endpoint === undefined && told.length < row.told.length && delay !== undefined && delay >= patience;
}

function delayOf(bare: Death, monitored: Death): number | undefined {
  return bare.took === undefined || monitored.took === undefined ? undefined : monitored.took - bare.took;
}

describe('what is delivered of a process that dies', function () {
  // Jobs are started ahead of their tests, so a test may wait for two of them.
  this.timeout(180_000);
  const table = new DelayTable(MAJORS);
  const counts = { atOnce: 0, late: 0 };
  const cases = ROWS.flatMap((row) => MAJORS.map((major) => ({ row, major, binary: nodeBinary(major) })));
  const wanted = cases.filter(({ row, major, binary }) => missing(row, major, binary) === undefined);
  const pool = new Pool(
    wanted.map(
      ({ row, major, binary }) =>
        () =>
          play(row, major, String(binary)),
    ),
  );

  for (const { row, major, binary } of cases) {
    it(`${row.name} (Node ${major})`, async function () {
      const reason = missing(row, major, binary);
      if (reason !== undefined) {
        if (binary instanceof Error && process.env.CI === 'true') assert.fail(reason);
        table.set(row.name, major, 'skipped');
        console.log(`      skipped: ${reason}`);
        this.skip();
      }
      table.set(row.name, major, 'failed');
      const outcome = await pool.result(wanted.findIndex((one) => one.row === row && one.major === major));
      const delay = delayOf(outcome.bare, outcome.monitored);
      const late = leftToNext(outcome.told, row, delay) ? ', next start' : '';
      const measured = delay === undefined ? '' : `${Math.max(0, delay)} ms${late}`;
      if (row.told.length > 0) counts[late === '' ? 'atOnce' : 'late'] += 1;
      table.set(row.name, major, `${measured} failed`.trim());
      check(row, outcome);
      table.set(row.name, major, measured || 'passed');
    });
  }

  it('is mostly delivered before it is gone', () => {
    assert.ok(counts.atOnce >= counts.late, `${counts.atOnce} before, ${counts.late} by the next start`);
  });

  after(() => {
    console.log(
      `\nHow much later a process ends than without monitoring, from what kills it to its end:\n\n${table.render()}\n`,
    );
  });
});
