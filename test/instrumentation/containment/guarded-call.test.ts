import assert from 'node:assert/strict';
import type { Callable } from '../../../src/instrumentation/containment/alike.js';
import type { CallRule } from '../../../src/instrumentation/containment/call-rule.js';
import { guardedCall } from '../../../src/instrumentation/containment/guarded-call.js';

type Instrument = (original: Callable) => unknown;

const failure = new TypeError('of the instrumentation');
const own = new RangeError('of the application');

describe('a guarded call', () => {
  let said: unknown[];
  beforeEach(() => {
    said = [];
  });
  const guard = (original: Callable, instrument: Instrument, rule: CallRule = {}): Callable =>
    guardedCall(original, instrument, rule, (error) => said.push(error));

  it('calls the original with the arguments of the application where the instrumentation throws before', () => {
    const input = { a: 1 };
    const call = guard(
      (...args) => args,
      () => () => {
        throw failure;
      },
    );
    assert.deepEqual(call(input, 2), [input, 2]);
    assert.equal((call(input) as unknown[])[0], input);
    assert.deepEqual(said, [failure, failure]);
  });

  it('returns what the original has returned where the instrumentation throws after', () => {
    let calls = 0;
    const call = guard(
      () => {
        calls += 1;
        return 'result';
      },
      (original) => () => {
        original();
        throw failure;
      },
    );
    assert.equal(call(), 'result');
    assert.equal(calls, 1);
    assert.deepEqual(said, [failure]);
  });

  for (const [what, instrument] of Object.entries<Instrument>({
    'lets it pass': (original) => () => original(),
    'throws another': (original) => () => {
      try {
        return original();
      } catch {
        throw failure;
      }
    },
    'swallows it': (original) => () => {
      try {
        return original();
      } catch {
        return undefined;
      }
    },
    'makes a rejection of it': (original) => async () => original(),
  })) {
    it(`throws what the original throws, at once, where the instrumentation ${what}`, () => {
      const call = guard(() => {
        throw own;
      }, instrument);
      assert.throws(call, (error) => error === own);
      assert.deepEqual(said, []);
    });
  }

  it('resolves as the original where the promise of the instrumentation rejects', async () => {
    const call = guard(
      async () => 'result',
      (original) => async () => {
        await original();
        throw failure;
      },
    );
    assert.equal(await call(), 'result');
    assert.deepEqual(said, [failure]);
  });

  it('rejects as the original', async () => {
    const call = guard(
      async () => {
        throw own;
      },
      (original) => () => (original() as Promise<unknown>).catch(() => Promise.reject(failure)),
    );
    await assert.rejects(call() as Promise<unknown>, (error) => error === own);
    assert.deepEqual(said, []);
  });

  it('is an object of the original class', () => {
    class Original {
      #secret = 7;
      static readonly kind = 'class';
      get secret() {
        return this.#secret;
      }
    }
    const Guarded = guard(
      Original as unknown as Callable,
      (Followed) =>
        function Instrumented(...args: unknown[]) {
          return Reflect.construct(Followed, args);
        },
    ) as unknown as typeof Original;
    class Derived extends Guarded {}
    for (const Class of [Guarded, Derived]) {
      const made = new Class();
      assert.equal(made.secret, 7);
      assert.ok(made instanceof Original);
    }
  });

  it('nests: the method may call itself', () => {
    const call: Callable = guard(
      (depth) => (depth === 0 ? 'bottom' : call((depth as number) - 1)),
      (original) => (depth: unknown) => {
        const result = original(depth);
        if (depth === 1) throw failure;
        return result;
      },
    );
    assert.equal(call(3), 'bottom');
    assert.deepEqual(said, [failure]);
  });

  it('gives the instrumentation copies, and the application its result', () => {
    const input = Object.freeze({ a: 1 });
    const rule: CallRule = {
      copy: ([first, ...rest]) => [{ ...(first as object) }, ...rest],
      observe: () => 'for the instrumentation',
    };
    let seen: unknown;
    const call = guard(
      (passedOn) => passedOn,
      (original) => (given: unknown) => {
        (given as { b?: number }).b = 2;
        seen = original(given);
        return seen;
      },
      rule,
    );
    assert.deepEqual(call(input), { a: 1, b: 2 });
    assert.equal(seen, 'for the instrumentation');
    assert.deepEqual(input, { a: 1 });
  });

  it('passes by the instrumentation where the rule says so, or a copy cannot be made', () => {
    const instrument: Instrument = (original) => () => `instrumented ${String(original())}`;
    const passed = guard(() => 'plain', instrument, { passes: (_, [skip]) => skip === true });
    assert.deepEqual([passed(true), passed(false)], ['plain', 'instrumented plain']);
    const uncopied = guard(() => 'plain', instrument, {
      copy: () => {
        throw failure;
      },
    });
    assert.equal(uncopied(), 'plain');
  });

  it('has the name, the length and the properties of the original', () => {
    function original(first: unknown, second: unknown): unknown[] {
      return [first, second];
    }
    Object.assign(original, { kept: 1 });
    const call = guard(
      original,
      (followed) =>
        (...args: unknown[]) =>
          followed(...args),
    );
    assert.deepEqual([call.name, call.length, Object.entries(call)], ['original', 2, [['kept', 1]]]);
  });

  it('passes `this` on where the instrumentation calls a callback without', () => {
    const self = { of: 'the library' };
    const call = guard(
      function callback(this: unknown) {
        return this;
      },
      (original) => () => original(),
    );
    assert.equal(call.call(self), self);
  });

  it('gives the function that is returned the properties of the one that it stands for', () => {
    const call = guard(
      () => Object.assign(() => 'made', { reset: () => undefined }),
      (original) => () => {
        const made = original() as Callable;
        return () => made();
      },
    );
    const made = call() as Callable;
    assert.deepEqual([made(), Object.keys(made)], ['made', ['reset']]);
  });

  describe('of a library that follows its promise later', () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    let others: NodeJS.UnhandledRejectionListener[] = [];
    beforeEach(() => {
      unhandled.length = 0;
      others = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      process.on('unhandledRejection', listener);
    });
    afterEach(() => {
      process.removeAllListeners('unhandledRejection');
      for (const other of others) process.on('unhandledRejection', other);
    });
    const turn = () => new Promise((next) => setImmediate(next));

    for (const [what, follows] of Object.entries({
      'is handled once it is followed': true,
      'is not otherwise': false,
    })) {
      it(`a rejection ${what}`, async () => {
        let kept: Promise<unknown> | undefined;
        const original = () => {
          kept = Promise.reject(own);
          return kept;
        };
        const observe: Instrument = (followed) => () => (followed() as Promise<unknown>).then((value) => value);
        guard(original, observe, { isFollowed: true })();
        if (follows) new Promise((resolve) => resolve(kept)).catch(() => undefined);
        await turn();
        assert.deepEqual(unhandled, follows ? [] : [own]);
      });
    }
  });
});
