import assert from 'node:assert/strict';
import { failed, info, pass, warning } from '../../../src/cli/doctor/check.js';
import { runChecks } from '../../../src/cli/doctor/runner.js';
import { check, contextOf, OPTIONS } from './fixture.js';

const MORE = { cause: 'c', remedy: 'r' };
const never = () => new Promise<never>(() => {});
const states = (results: readonly { id: string; state: string }[]) =>
  Object.fromEntries(results.map(({ id, state }) => [id, state]));

describe('the runner of checks', () => {
  const context = contextOf();

  it('makes one failure of one cause: what depends on it, at any distance, is skipped because of it', async () => {
    const ran: string[] = [];
    const seen = (what: string) => {
      ran.push(what);
      return pass(what);
    };
    const checks = [
      check('MON-A-001', () => failed('no', MORE)),
      check('MON-B-001', () => seen('b'), { needs: ['MON-A-001'] }),
      check('MON-C-001', () => seen('c'), { needs: ['MON-B-001'] }),
      check('MON-D-001', () => pass('d')),
    ];
    const results = await runChecks(checks, context, { deadline: 1000 });
    assert.deepEqual(states(results), {
      'MON-A-001': 'failed',
      'MON-B-001': 'skipped',
      'MON-C-001': 'skipped',
      'MON-D-001': 'pass',
    });
    assert.deepEqual(
      [results[1]?.because, results[2]?.because, results[2]?.says],
      ['MON-A-001', 'MON-A-001', 'because of MON-A-001'],
    );
    assert.deepEqual(ran, []);
  });

  it('goes on after a warning, after information, and after what does not apply', async () => {
    const checks = [
      check('MON-A-001', () => warning('hm', MORE)),
      check('MON-A-002', () => info('fyi')),
      check('MON-A-003', () => pass(''), { unless: () => 'not here' }),
      check('MON-B-001', () => pass('b'), { needs: ['MON-A-001', 'MON-A-002', 'MON-A-003'] }),
    ];
    assert.equal(states(await runChecks(checks, context, { deadline: 1000 }))['MON-B-001'], 'pass');
  });

  it('runs what does not depend on each other at the same time, and answers in the order of the table', async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const checks = [
      check('MON-A-001', () => gate.then(() => pass('a'))),
      check('MON-A-002', () => {
        open();
        return pass('b');
      }),
    ];
    const results = await runChecks(checks, context, { deadline: 1000 });
    assert.deepEqual(
      results.map(({ id }) => id),
      ['MON-A-001', 'MON-A-002'],
    );
  });

  it('says that a check broke when it throws, and skips what needs it', async () => {
    const checks = [
      check('MON-A-001', () => {
        throw new TypeError('x is not a function');
      }),
      check('MON-B-001', () => pass('b'), { needs: ['MON-A-001'] }),
    ];
    const [a, b] = await runChecks(checks, context, { deadline: 1000 });
    assert.deepEqual([a?.state, a?.timedOut, a?.evidence], ['broken', undefined, ['TypeError: x is not a function']]);
    assert.deepEqual([b?.state, b?.because], ['skipped', 'MON-A-001']);
  });

  it('gives a check up after its own time, which is a result of its own', async () => {
    const checks = [check('MON-A-001', never, { timeout: 20 }), check('MON-B-001', () => pass('b'))];
    const [a, b] = await runChecks(checks, context, { deadline: 5000 });
    assert.deepEqual([a?.state, a?.timedOut, a?.says, b?.state], ['broken', true, 'no verdict within 20 ms', 'pass']);
  });

  it('gives everything up after the time for all', async () => {
    const checks = [check('MON-A-001', never), check('MON-B-001', () => pass('b'), { needs: ['MON-A-001'] })];
    const began = performance.now();
    const [a, b] = await runChecks(checks, context, { deadline: 30 });
    assert.ok(performance.now() - began < 2000);
    assert.match(`${a?.state} ${a?.says}`, /^broken no verdict: the time for the whole run \(--timeout\) is over$/);
    assert.equal(b?.because, 'MON-A-001');
  });

  it('aborts the work of a check that it gives up', async () => {
    let aborted = false;
    const waits = check('MON-A-001', never, { timeout: 20 });
    const watched = {
      ...waits,
      run: (_: unknown, signal: AbortSignal) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        return never();
      },
    };
    await runChecks([watched], context, { deadline: 1000 });
    assert.ok(aborted);
  });

  it('runs what a wanted check needs, and shows of it only what is the cause', async () => {
    const a = check('MON-A-001', () => pass('a'));
    const bad = check('MON-A-001', () => failed('a', MORE));
    const b = check('MON-B-001', () => pass('b'), { needs: ['MON-A-001'] });
    const c = check('MON-C-001', () => pass('c'));
    const only = { only: ['MON-B-001'], deadline: 1000 };
    assert.deepEqual(states(await runChecks([a, b, c], context, only)), { 'MON-B-001': 'pass' });
    assert.deepEqual(states(await runChecks([bad, b, c], context, only)), {
      'MON-A-001': 'failed',
      'MON-B-001': 'skipped',
    });
    // In whichever order the table has them.
    assert.deepEqual(states(await runChecks([b, bad, c], context, only)), {
      'MON-B-001': 'skipped',
      'MON-A-001': 'failed',
    });
  });

  it('takes what is skipped by the user for granted', async () => {
    const checks = [
      check('MON-A-001', () => failed('a', MORE)),
      check('MON-B-001', () => pass('b'), { needs: ['MON-A-001'] }),
    ];
    const results = await runChecks(checks, context, { skip: ['MON-A-001'], deadline: 1000 });
    assert.deepEqual(states(results), { 'MON-A-001': 'skipped', 'MON-B-001': 'pass' });
  });

  it('asks nobody with --offline, and writes only when told to', async () => {
    const checks = [
      check('MON-A-001', () => pass('a'), { reaches: 'network' }),
      check('MON-A-002', () => pass('a'), { reaches: 'aws', writes: true }),
      check('MON-A-003', () => pass('a')),
    ];
    const run = (options: Partial<typeof OPTIONS>) =>
      runChecks(checks, contextOf({}, { options: { ...OPTIONS, ...options } }), { deadline: 1000 });
    assert.deepEqual(Object.values(states(await run({ offline: true, writeProbe: true }))), [
      'skipped',
      'skipped',
      'pass',
    ]);
    assert.deepEqual(Object.values(states(await run({}))), ['pass', 'skipped', 'pass']);
    assert.deepEqual(Object.values(states(await run({ writeProbe: true }))), ['pass', 'pass', 'pass']);
  });
});
