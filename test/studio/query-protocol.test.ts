import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../src/cloudwatch/input.js';
import { escapeXml, parseForm, toXml } from '../../src/studio/query-protocol.js';

describe('The Query protocol', () => {
  it('reads structures and lists, elements by their number', () => {
    const form = new URLSearchParams('A.B=1&L.member.10=x&L.member.2=y&S.member.1.N=n&S.member.1.V=v');
    assert.deepEqual(parseForm(form), { A: { B: '1' }, L: ['y', 'x'], S: [{ N: 'n', V: 'v' }] });
  });

  it('does not reach the prototype of anything', () => {
    const parsed = parseForm(new URLSearchParams('__proto__.polluted=1&constructor.prototype.polluted=1'));
    assert.equal(Reflect.get({}, 'polluted'), undefined);
    assert.equal(Object.getPrototypeOf(parsed), Object.prototype);
  });

  for (const form of ['A=1&A.B=2', 'L.member.x=1', 'L.member.0=1', `${'a.'.repeat(13)}b=1`]) {
    it(`refuses ${form}`, () => {
      assert.throws(() => parseForm(new URLSearchParams(form)), InputError);
    });
  }

  it('parses or refuses any form', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
        try {
          parseForm(new URLSearchParams(pairs));
        } catch (error) {
          assert.ok(error instanceof InputError);
        }
      }),
    );
  });

  it('writes text that cannot become markup, and nothing that XML cannot hold', () => {
    assert.equal(escapeXml(`<a href="x">&'\u0000\ud800`), '&lt;a href=&quot;x&quot;&gt;&amp;&apos;\ufffd\ufffd');
    assert.equal(toXml({ A: ['1', { B: 2 }] }), '<A><member>1</member><member><B>2</B></member></A>');
  });
});
