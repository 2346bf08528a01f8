import assert from 'node:assert/strict';
import { overlay } from '../../../src/instrumentation/containment/overlay.js';

class Message {
  #body = 'b';
  readonly id = 1;
  get body() {
    return this.#body;
  }
}

describe('an overlay', () => {
  for (const [what, source] of Object.entries<{ a?: number; b?: number }>({
    plain: { a: 1 },
    frozen: Object.freeze({ a: 1 }),
    proxied: new Proxy(Object.freeze({ a: 1 }), {}),
    'without prototype': Object.assign(Object.create(null), { a: 1 }),
  })) {
    it(`keeps what is written to an object that is ${what}`, () => {
      const view = overlay(source);
      view.a = 2;
      view.b = 3;
      assert.deepEqual([view.a, view.b, 'b' in view, { ...view }], [2, 3, true, { a: 2, b: 3 }]);
      assert.deepEqual({ ...source }, { a: 1 });
      delete view.a;
      assert.deepEqual([view.a, 'a' in view, Object.keys(view)], [undefined, false, ['b']]);
      assert.equal(source.a, 1);
      assert.equal(Object.getPrototypeOf(view), Object.getPrototypeOf(source));
    });
  }

  it('reads getters and private fields of its source', () => {
    const view = overlay(new Message());
    assert.deepEqual([view.body, view.id, view instanceof Message], ['b', 1, true]);
  });

  it('begins with what is written already', () => {
    assert.equal(JSON.stringify(overlay({ a: 1, b: 2 }, { b: 3 })), '{"a":1,"b":3}');
  });

  it('can be defined upon', () => {
    const source = Object.freeze({ a: () => 1 });
    const view = overlay(source);
    Object.defineProperty(view, 'a', { value: () => 2, configurable: true, enumerable: true, writable: true });
    assert.deepEqual([view.a(), source.a()], [2, 1]);
  });
});
