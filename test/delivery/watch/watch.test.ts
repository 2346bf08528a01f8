import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { MarkerFile, removeMarker } from '../../../src/delivery/left-behind/boot-marker.js';
import { type BootMarker, readLeftBehind } from '../../../src/delivery/left-behind/left-behind.js';
import { Heartbeat } from '../../../src/delivery/watch/heartbeat.js';
import { BLOCKED_AFTER, LOADING_AFTER, LoopWatch } from '../../../src/delivery/watch/loop-watch.js';
import { MemoryWatch } from '../../../src/delivery/watch/memory-watch.js';
import { uncleanEnd } from '../../../src/delivery/watch/process-events.js';
import { Watch } from '../../../src/delivery/watch/watch.js';
import {
  BEAT,
  HEAP_LIMIT,
  HEAP_USED,
  MARKER,
  MARKER_WRITING,
  type PlainLogRecord,
  STATE_CELLS,
} from '../../../src/wire/messages.js';

const MIB = 1_048_576;
const newState = () => new Int32Array(new SharedArrayBuffer(STATE_CELLS * 4));

describe('the watch on the event loop', () => {
  const tellings = (beats: number[], step: number) => {
    const watch = new LoopWatch(2000);
    let now = 0;
    return beats.map((beat) => {
      now += step;
      return watch.tick(beat, now);
    });
  };

  it('tells of a loop that stands for more than ten seconds, once', () => {
    const still = tellings([1, ...Array(25).fill(1)], 1000);
    assert.deepEqual(
      still.flatMap((ms, index) => (ms === undefined ? [] : [[index, ms]])),
      [[11, BLOCKED_AFTER + 1000]],
    );
  });

  it('does not tell of one that turned in time', () => {
    assert.deepEqual(
      new Set(tellings([1, ...Array(10).fill(1), 2, ...Array(10).fill(2), 3], 1000)),
      new Set([undefined]),
    );
  });

  it('tells again when it stands again', () => {
    const told = tellings([1, ...Array(12).fill(1), 2, ...Array(12).fill(2)], 1000).filter((ms) => ms !== undefined);
    assert.equal(told.length, 2);
  });

  it('gives an application that loads a minute', () => {
    const told = tellings(Array(80).fill(0), 1000);
    assert.equal(
      told.findIndex((ms) => ms !== undefined),
      LOADING_AFTER / 1000 + 1,
    );
  });

  it('does not count the time for which the whole process was frozen', () => {
    assert.deepEqual(new Set(tellings(Array(5).fill(1), 3_600_000)), new Set([undefined]));
  });
});

describe('the watch on memory', () => {
  const offered = (...parts: number[]) => {
    const watch = new MemoryWatch('container');
    return parts.map((used, index) => watch.offer({ used, limit: 1000 }, index) !== undefined);
  };

  it('tells from nine tenths of the limit on', () => {
    assert.deepEqual(offered(899), [false]);
    assert.deepEqual(offered(900), [true]);
  });

  it('tells again only after less than eight tenths', () => {
    assert.deepEqual(offered(950, 990, 800, 950), [true, false, false, false]);
    assert.deepEqual(offered(950, 799, 950), [true, false, true]);
  });

  it('tells nothing without a limit', () => {
    const watch = new MemoryWatch('heap');
    assert.equal(watch.offer(undefined, 0), undefined);
    assert.equal(watch.offer({ used: 5, limit: 0 }, 0), undefined);
  });
});

describe('the sign of life', () => {
  function setUp() {
    const state = newState();
    Atomics.store(state, HEAP_LIMIT, 100 * 1024);
    let heap = 0;
    let collected: (() => void) | undefined;
    const heartbeat = new Heartbeat(state, {
      read: () => heap,
      observe(onMajor) {
        collected = onMajor;
        return { stop: () => (collected = undefined) };
      },
    });
    const beat = (used: number) => {
      heap = used * MIB;
      heartbeat.beat();
      return Atomics.load(state, HEAP_USED) / 1024;
    };
    return {
      state,
      beat,
      heartbeat,
      isObserving: () => collected !== undefined,
      collect(used: number) {
        heap = used * MIB;
        collected?.();
        return Atomics.load(state, HEAP_USED) / 1024;
      },
    };
  }

  it('counts up and tells the heap', () => {
    const { state, beat } = setUp();
    assert.equal(beat(50), 50);
    beat(50);
    assert.equal(Atomics.load(state, BEAT), 2);
  });

  it('does not take garbage for use: near the limit a major collection decides', () => {
    const { beat, collect, isObserving } = setUp();
    beat(89);
    assert.equal(isObserving(), false);
    assert.equal(beat(90), 89, 'not told yet');
    assert.equal(collect(40), 40);
    assert.equal(beat(95), 40);
    assert.equal(collect(93), 93);
    beat(10);
    assert.equal(isObserving(), false);
  });

  it('tells nothing of the heap as long as no limit is known, for it may be garbage', () => {
    const { state, beat } = setUp();
    Atomics.store(state, HEAP_LIMIT, 0);
    assert.equal(beat(99), 0);
    assert.equal(Atomics.load(state, BEAT), 1);
  });

  it('tells after two seconds without a collection', () => {
    const { beat } = setUp();
    assert.deepEqual([95, 95, 95, 95].map(beat), [0, 0, 0, 95]);
  });

  it('beats by itself, and keeps no process alive', async () => {
    const state = newState();
    Atomics.store(state, HEAP_LIMIT, 2 ** 31 - 1);
    const heartbeat = new Heartbeat(state);
    heartbeat.start();
    while (Atomics.load(state, BEAT) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    heartbeat.stop();
    assert.ok(Atomics.load(state, HEAP_USED) > 1024);
  });
});

describe('the boot marker', () => {
  const run = { pid: 7, start: 5, pidNamespace: 0, boot: '0' };
  const content: BootMarker = { kind: 'run', service: 's', host: 'h', resource: {}, pid: 7, startedAt: 1000 };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'marker-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const setUp = () => {
    const state = newState();
    return { state, marker: new MarkerFile(state, folder, run, content) };
  };
  const file = () => join(folder, readdirSync(folder)[0] ?? 'none');

  it('stands while the process runs, and goes when it ends in good order', () => {
    const { state, marker } = setUp();
    marker.write();
    assert.deepEqual(readLeftBehind(readFileSync(file(), 'utf8')), content);
    removeMarker(state, folder, () => run);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is not written any more by a worker that is late', () => {
    const { state, marker } = setUp();
    removeMarker(state, folder, () => assert.fail('there is none'));
    marker.write();
    marker.beat(5);
    marker.note({ blockedSince: 1 });
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is not written again after it was removed', () => {
    const { state, marker } = setUp();
    marker.write();
    removeMarker(state, folder, () => run);
    marker.beat(5);
    marker.note({ blockedSince: 1 });
    assert.deepEqual(readdirSync(folder), []);
  });

  it('tells when the process was last alive, and what was known', () => {
    const { marker } = setUp();
    marker.write();
    marker.beat(50_000);
    assert.equal(statSync(file()).mtimeMs, 50_000);
    const nearLimit = { at: 3, what: 'container', used: 95, limit: 100 } as const;
    marker.note({ nearLimit });
    marker.note({ blockedSince: 4 });
    assert.deepEqual(readLeftBehind(readFileSync(file(), 'utf8')), { ...content, nearLimit, blockedSince: 4 });
  });

  it('is taken over by a new worker', () => {
    const { state, marker } = setUp();
    marker.write();
    const next = new MarkerFile(state, folder, run, content);
    next.write();
    next.beat(50_000);
    assert.equal(statSync(file()).mtimeMs, 50_000);
  });

  it('that was cleaned up is not missed', () => {
    const { state, marker } = setUp();
    marker.write();
    rmSync(file());
    marker.beat(5);
    removeMarker(state, folder, () => run);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('that can not be written says why, and keeps the process from nothing', () => {
    const state = newState();
    const marker = new MarkerFile(state, '/proc/none', run, content);
    assert.throws(() => marker.write(), /can't be made/);
    marker.beat(5);
    removeMarker(state, '/proc/none', () => run);
  });

  it('does not hold up the end of the process while it is written for ever', () => {
    const { state } = setUp();
    Atomics.store(state, MARKER, MARKER_WRITING);
    const start = performance.now();
    removeMarker(state, folder, () => run);
    assert.ok(performance.now() - start < 1000);
  });

  it('becomes an event with all that is known', () => {
    const nearLimit = { at: 2000, what: 'container', used: 95 * MIB, limit: 100 * MIB } as const;
    const event = uncleanEnd({ ...content, nearLimit, blockedSince: 3000 }, 60_500, 99_000);
    assert.equal(
      event.body,
      'a run ended without a clean exit (killed, out of memory or aborted): process 7, started 1970-01-01T00:00:01.000Z, last seen alive ' +
        "1970-01-01T00:01:00.500Z; memory was at 95 % of the container's limit (95 of 100 MiB) at 1970-01-01T00:00:02.000Z; " +
        'its event loop had been blocked since 1970-01-01T00:00:03.000Z',
    );
    assert.deepEqual([event.hrTime, event.hrTimeObserved, event.severityText], [[60, 500_000_000], [99, 0], 'ERROR']);
  });
});

describe('the watch on the process', () => {
  function setUp(isApart = true) {
    const state = newState();
    const delivered: PlainLogRecord[] = [];
    const noted: unknown[] = [];
    const clock = { now: 0 };
    const calls = { beats: 0, looks: 0 };
    let memory: { used: number; limit: number } | undefined;
    const watch = new Watch({
      state,
      isApart,
      containerMemory: () => memory,
      deliver: (record) => delivered.push(record),
      marker: { note: (about: unknown) => noted.push(about), beat: () => calls.beats++ } as unknown as MarkerFile,
      recovery: { look: () => calls.looks++ } as never,
      now: () => clock.now,
    });
    const tick = (times = 1) => {
      for (let index = 0; index < times; index++) {
        clock.now += 1000;
        watch.tick();
      }
    };
    const use = (used: number, limit: number) => {
      memory = { used, limit };
    };
    return { watch, state, delivered, noted, calls, tick, use };
  }

  it('delivers an early warning of the container and of the heap, and notes it on the marker', () => {
    const { state, delivered, noted, tick, use } = setUp();
    use(95 * MIB, 100 * MIB);
    Atomics.store(state, HEAP_USED, 92 * 1024);
    Atomics.store(state, HEAP_LIMIT, 100 * 1024);
    tick(3);
    assert.deepEqual(
      delivered.map(({ body, severityText }) => [body, severityText]),
      [
        ["memory was at 95 % of the container's limit (95 of 100 MiB): the process is close to being ended", 'WARN'],
        ["V8's heap was at 92 % of its limit (92 of 100 MiB): the process is close to being ended", 'WARN'],
      ],
    );
    assert.equal(noted.length, 2);
  });

  it('looks at the heap four times a second', () => {
    const { watch, state, delivered } = setUp();
    Atomics.store(state, HEAP_LIMIT, 100 * 1024);
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      watch.start();
      mock.timers.tick(1000);
      Atomics.store(state, HEAP_USED, 92 * 1024);
      mock.timers.tick(249);
      assert.equal(delivered.length, 0);
      mock.timers.tick(1);
      assert.equal(delivered.length, 1);
      watch.stop();
    } finally {
      mock.timers.reset();
    }
  });

  it('delivers that the event loop is blocked', () => {
    const { state, delivered, noted, tick } = setUp();
    Atomics.store(state, BEAT, 1);
    tick(12);
    assert.deepEqual(
      delivered.map(({ body }) => body),
      ['the event loop has been blocked for 11 s: no request is answered'],
    );
    assert.deepEqual(noted, [{ blockedSince: 1000 }]);
  });

  it('can not see its own event loop stand', () => {
    const { state, delivered, tick } = setUp(false);
    Atomics.store(state, BEAT, 1);
    tick(20);
    assert.deepEqual(delivered, []);
  });

  it('keeps the marker fresh every ten seconds, and looks for what others left every minute', () => {
    const { state, calls, tick } = setUp();
    for (let second = 0; second < 60; second++) {
      Atomics.add(state, BEAT, 1);
      tick();
    }
    assert.deepEqual(calls, { beats: 6, looks: 1 });
  });
});
