import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { diag } from '@opentelemetry/api';
import type { Kept } from '../../../src/delivery/application/channel.js';
import {
  installLifecycle,
  type LifecycleOptions,
  type ProcessLike,
} from '../../../src/delivery/application/lifecycle.js';
import type { LedgerEntry } from '../../../src/wire/messages.js';

class FakeProcess extends EventEmitter {
  killed: string[] = [];
  exits: number[] = [];
  constructor(
    readonly pid = 42,
    readonly platform = 'linux',
  ) {
    super();
  }
  exit(code: number): void {
    this.exits.push(code);
    this.emit('exit', code);
  }
  kill(_pid: number, signal: string): true {
    this.killed.push(signal);
    return true;
  }
}

interface Overrides {
  pid?: number;
  platform?: string;
  hasPosted?: boolean;
  pending?: boolean;
  kept?: Kept;
  entries?: LedgerEntry[];
  flush?: () => Promise<boolean>;
  handOver?: () => Promise<void>;
  handOverSync?: () => void;
  shutdownTimeout?: number;
  politeListeners?: number;
}

function setUp(overrides: Overrides = {}) {
  const clock = { now: 0 };
  const process = new FakeProcess(overrides.pid, overrides.platform);
  const calls: string[] = [];
  /** After how many calls the end was told to be a clean one. */
  const ends: number[] = [];
  /** After how many calls errors were put on disk. */
  const kept: number[] = [];
  /** After how many calls errors were handed over by themselves. */
  const errorsHandedOver: number[] = [];
  const handOver = async () => {
    calls.push('handOver');
    await overrides.handOver?.();
  };
  const options: LifecycleOptions = {
    process: process as unknown as ProcessLike,
    channel: {
      hasPosted: () => overrides.hasPosted ?? true,
      pending: () => overrides.pending ?? false,
      flush: async (timeout) => {
        calls.push(`flush ${timeout}`);
        return (await overrides.flush?.()) ?? true;
      },
      flushSync: (timeout) => {
        calls.push(`flushSync ${timeout}`);
        return true;
      },
      keepErrors: () => {
        kept.push(calls.length);
        return overrides.kept ?? 'nothing';
      },
      ledger: { entries: () => overrides.entries ?? [] },
      troubles: () => [],
      closeLedger: () => overrides.entries ?? [],
      endCleanly: () => void ends.push(calls.length),
    },
    handOver,
    handOverLast: handOver,
    handOverSync: () => {
      calls.push('handOverSync');
      overrides.handOverSync?.();
    },
    handOverErrors: () => void errorsHandedOver.push(calls.length),
    shutdownTimeout: overrides.shutdownTimeout ?? 5000,
    now: () => clock.now,
    politeListeners: () => overrides.politeListeners ?? 0,
  };
  const lifecycle = installLifecycle(options);
  return { process, calls, ends, kept, errorsHandedOver, lifecycle, clock };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('lifecycle', () => {
  let running: ReturnType<typeof setUp> | undefined;
  afterEach(() => running?.lifecycle.uninstall());

  it('delivers at SIGTERM, then ends the process by the same signal when nobody else listens', async () => {
    running = setUp();
    running.process.emit('SIGTERM');
    await settled();
    assert.deepEqual(running.calls, ['handOver', 'flush 5000', 'handOverSync']);
    assert.deepEqual(running.process.killed, ['SIGTERM']);
    assert.equal(running.process.listenerCount('SIGTERM'), 0, 'our listener would swallow the signal');
  });

  it('delivers when the console of Windows closes, then exits as Windows would have it, since no signal can be sent there', async () => {
    running = setUp({ platform: 'win32' });
    running.process.emit('SIGHUP');
    await settled();
    assert.deepEqual(running.calls, ['handOver', 'flush 5000', 'handOverSync']);
    assert.deepEqual([running.process.killed, running.process.exits], [[], [0xc000013a]]);
  });

  it('delivers at SIGTERM and leaves the process alone when the application listens too', async () => {
    running = setUp();
    running.process.on('SIGTERM', () => {});
    running.process.emit('SIGTERM');
    await settled();
    assert.deepEqual(running.calls, ['handOver', 'flush 5000']);
    assert.deepEqual(running.process.killed, []);
  });

  it('counts a listener that the application added for one signal only', async () => {
    running = setUp();
    running.process.once('SIGINT', () => {});
    running.process.emit('SIGINT');
    await settled();
    assert.deepEqual(running.process.killed, []);
  });

  it('keeps running at SIGTERM as PID 1, as Node would', async () => {
    running = setUp({ pid: 1 });
    running.process.emit('SIGTERM');
    await settled();
    assert.deepEqual(running.calls, ['handOver', 'flush 5000']);
    assert.deepEqual(running.process.killed, []);
  });

  for (const pid of [42, 1]) {
    it(`ends the process at SIGTERM where all others only wait for that, as PID ${pid}`, async () => {
      running = setUp({ politeListeners: 2, pid });
      running.process.on('SIGTERM', () => {});
      running.process.on('SIGTERM', () => {});
      running.process.emit('SIGTERM');
      await settled();
      assert.deepEqual(running.process.killed, ['SIGTERM']);
      assert.equal(running.process.listenerCount('SIGTERM'), 2, 'theirs are there for the signal that follows');
    });
  }

  it('leaves the process alone where one more listens than those that wait for others', async () => {
    running = setUp({ politeListeners: 1 });
    running.process.on('SIGTERM', () => {});
    running.process.on('SIGTERM', () => {});
    running.process.emit('SIGTERM');
    await settled();
    assert.deepEqual(running.process.killed, []);
  });

  it('has as many listeners of the application as may be without a warning', () => {
    running = setUp();
    assert.equal(running.process.getMaxListeners(), 11);
    running.lifecycle.uninstall();
    assert.equal(running.process.getMaxListeners(), 10);
  });

  it('leaves the number of listeners unlimited where it is', () => {
    const unlimited = EventEmitter.defaultMaxListeners;
    EventEmitter.defaultMaxListeners = 0;
    try {
      running = setUp();
      assert.equal(running.process.getMaxListeners(), 0);
    } finally {
      EventEmitter.defaultMaxListeners = unlimited;
    }
  });

  it('throws nothing into the end of the application', () => {
    running = setUp({
      handOverSync: () => {
        throw new Error('a clock that the application has replaced');
      },
    });
    assert.doesNotThrow(() => running?.process.emit('exit'));
  });

  it('ends at once when the signal comes again while the first delivery hangs', async () => {
    running = setUp({ flush: () => new Promise(() => {}) });
    running.process.emit('SIGINT');
    await settled();
    assert.deepEqual(running.process.killed, []);
    running.process.emit('SIGINT');
    await settled();
    assert.deepEqual(running.process.killed, ['SIGINT']);
  });

  it('delivers before a natural end, once', async () => {
    running = setUp();
    running.process.emit('beforeExit');
    running.process.emit('beforeExit');
    await settled();
    assert.deepEqual(running.calls, ['handOver', 'flush 5000']);
  });

  it('does not wait for the worker at the end of a process that has posted nothing', async () => {
    running = setUp({ hasPosted: false });
    running.process.emit('beforeExit', 0);
    await settled();
    assert.deepEqual(running.calls, ['handOver']);
  });

  it('hands over once more what happened while it delivered', async () => {
    running = setUp({ pending: true });
    running.process.emit('SIGTERM');
    await settled();
    assert.deepEqual(running.calls, ['handOver', 'flush 5000', 'handOverSync', 'flushSync 2000']);
    assert.deepEqual(running.process.killed, ['SIGTERM']);
  });

  it('ends by SIGHUP as well', async () => {
    running = setUp();
    running.process.emit('SIGHUP');
    await settled();
    assert.deepEqual(running.process.killed, ['SIGHUP']);
  });

  it('delivers what needs no metric callback of the application where those take more than half of the time', async () => {
    running = setUp({ handOver: () => new Promise(() => {}), shutdownTimeout: 40 });
    assert.equal(await running.lifecycle.flush(), false);
    assert.deepEqual(running.calls, ['handOver', 'handOverSync', 'flush 40']);
  });

  it('waits for metric callbacks of the application that take less', async () => {
    running = setUp({ handOver: settled as () => Promise<void> });
    assert.equal(await running.lifecycle.flush(), true);
    assert.deepEqual(running.calls, ['handOver', 'flush 5000']);
  });

  it('shares one time-out among the flushes on the way out', async () => {
    running = setUp({
      flush: async () => {
        if (running) running.clock.now += 4000;
        return false;
      },
    });
    running.process.on('SIGTERM', () => {});
    running.process.emit('SIGTERM');
    await settled();
    running.process.emit('beforeExit');
    await settled();
    assert.deepEqual(running.calls, ['handOver', 'flush 5000', 'handOver', 'flush 1000']);
  });

  it('blocks at exit only when something is left to deliver', () => {
    running = setUp({ pending: false });
    running.process.emit('exit');
    assert.deepEqual(running.calls, ['handOverSync']);
    running.lifecycle.uninstall();
    running = setUp({ pending: true });
    running.process.emit('exit');
    assert.deepEqual(running.calls, ['handOverSync', 'flushSync 2000']);
  });

  it('gives a fatal error less than the whole budget', () => {
    running = setUp({ pending: true });
    running.lifecycle.fatal();
    assert.deepEqual(running.calls, ['handOverSync', 'flushSync 1500']);
  });

  it('puts errors on disk before it blocks for them, and only where something is left', () => {
    running = setUp({ pending: true });
    running.lifecycle.fatal();
    assert.deepEqual(running.kept, [1]);
    running.lifecycle.uninstall();
    running = setUp({ pending: false });
    running.lifecycle.fatal();
    assert.deepEqual(running.kept, []);
  });

  it('holds an error up that the process may survive for a quarter of a second, once in ten', () => {
    running = setUp({ pending: true });
    running.lifecycle.survivable();
    running.clock.now = 9999;
    running.lifecycle.survivable();
    assert.deepEqual(running.calls, ['handOverSync', 'flushSync 250']);
    running.clock.now = 10_000;
    running.lifecycle.survivable();
    assert.deepEqual(running.calls.slice(2), ['handOverSync', 'flushSync 250']);
    assert.deepEqual(running.kept, [1, 3]);
  });

  it('takes nothing for an error that is survived from what a dying process may block', () => {
    running = setUp({ pending: true });
    running.lifecycle.survivable();
    running.process.emit('exit');
    assert.equal(running.calls.at(-1), 'flushSync 2000');
  });

  it('puts errors on disk the moment a stop signal arrives, before anything is waited for', () => {
    running = setUp();
    running.process.emit('SIGTERM');
    assert.deepEqual(running.kept, [0]);
    assert.deepEqual(running.errorsHandedOver, [0], 'those that wait for an answer are among them');
  });

  for (const [kept, clean] of [
    ['nothing', true],
    ['kept', true],
    ['failed', false],
  ] as const) {
    it(`ends ${clean ? 'in good order' : 'without a word to the next start'} where of the errors on their way ${kept} is on disk`, () => {
      running = setUp({ kept });
      running.process.emit('exit');
      assert.equal(running.ends.length, clean ? 1 : 0);
    });
  }

  describe('tells in its last line', () => {
    const entry = (change: Partial<LedgerEntry>): LedgerEntry => {
      return { signal: 'logs', made: 3, delivered: 0, waiting: 0, lost: {}, ...change };
    };
    const lines: string[] = [];
    beforeEach(() => {
      lines.length = 0;
      const none = () => {};
      const warn = (line: string) => void lines.push(line);
      diag.setLogger({ error: none, warn, info: none, debug: none, verbose: none });
    });
    afterEach(() => diag.disable());

    for (const [what, kept, entries, line] of [
      ['nothing where nothing is lost', 'nothing', [entry({ delivered: 3 })], undefined],
      ['how many errors are kept', 'kept', [entry({ waiting: 3 })], '3 errors kept on disk for the next start'],
      [
        'what is lost and why',
        'failed',
        [entry({ lost: { shutdown: 3 } })],
        'lost since the start: 3 of 3 errors (3 shutdown)',
      ],
    ] as const) {
      it(what, () => {
        running = setUp({ kept, entries: [...entries] });
        running.process.emit('exit');
        const prefix = 'the process ends before all telemetry was delivered: ';
        assert.deepEqual(lines, line === undefined ? [] : [`${prefix}${line}`]);
      });
    }

    it('no more than what was lost, where all else was delivered', () => {
      running = setUp({ entries: [entry({ delivered: 2, lost: { too_large: 1 } })] });
      running.process.emit('exit');
      assert.deepEqual(lines, ['lost since the start: 1 of 3 errors (1 too_large)']);
    });
  });
});
