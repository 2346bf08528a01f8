import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatXRayHeader, parseXRayHeader, type XRayHeader } from '../../src/tracing/xray-header.js';

const ROOT = 'Root=1-5759e988-bd862e3fe1be46a994272793';
const TRACE = '5759e988bd862e3fe1be46a994272793';
const PARENT = '53995c3f42cd8ad8';

describe('parseXRayHeader', () => {
  const CASES: [what: string, header: string, expected: XRayHeader][] = [
    ['a sampled parent', `${ROOT};Parent=${PARENT};Sampled=1`, { traceId: TRACE, parentId: PARENT, sampled: true }],
    ['an unsampled parent', `${ROOT};Parent=${PARENT};Sampled=0`, { traceId: TRACE, parentId: PARENT, sampled: false }],
    ['a decision left to us', `${ROOT};Parent=${PARENT};Sampled=?`, { traceId: TRACE, parentId: PARENT }],
    ['no word of a decision', `${ROOT};Parent=${PARENT}`, { traceId: TRACE, parentId: PARENT }],
    ['a load balancer', ROOT, { traceId: TRACE }],
    ['a second load balancer', `Self=1-67891234-12456789abcdef012345678a;${ROOT}`, { traceId: TRACE }],
    ['fields of its own', `${ROOT};CalledFrom=app;Parent=${PARENT}`, { traceId: TRACE, parentId: PARENT }],
    [
      'any order and spaces',
      ` Sampled=1 ; Parent=${PARENT} ;  ${ROOT}`,
      { traceId: TRACE, parentId: PARENT, sampled: true },
    ],
    ['names in lower case', `root=1-5759e988-bd862e3fe1be46a994272793;sampled=1`, { traceId: TRACE, sampled: true }],
    ['digits in upper case', ROOT.toUpperCase().replace('ROOT', 'Root'), { traceId: TRACE }],
    ['a lineage', `${ROOT};Lineage=1:a87bd80c:0|68fd508a:5`, { traceId: TRACE, lineage: '1:a87bd80c:0|68fd508a:5' }],
    [
      'the same twice',
      `${ROOT};Parent=${PARENT},Root=1-11111111-111111111111111111111111`,
      { traceId: TRACE, parentId: PARENT },
    ],
    ['nothing', '', {}],
    ['rubbish', 'a=b;;=;c', {}],
    ['another version', 'Root=2-5759e988-bd862e3fe1be46a994272793', {}],
    ['a root that is too short', 'Root=1-5759e988-bd862e3fe1be46a99427279', {}],
    ['a root that is too long', `${ROOT}0`, {}],
    ['a root of zeros', `Root=1-00000000-${'0'.repeat(24)}`, {}],
    ['a parent of zeros', `${ROOT};Parent=${'0'.repeat(16)}`, { traceId: TRACE }],
    ['a parent that is no id', `${ROOT};Parent=g3995c3f42cd8ad8`, { traceId: TRACE }],
    ['a lineage that would break the header', `${ROOT};Lineage=a b`, { traceId: TRACE }],
  ];
  for (const [what, header, expected] of CASES) {
    it(`reads ${what}`, () => assert.deepEqual(parseXRayHeader(header), expected));
  }

  it('reads a lineage of 256 characters, and none of 257', () => {
    assert.equal(parseXRayHeader(`Lineage=${'a'.repeat(256)}`).lineage?.length, 256);
    assert.equal(parseXRayHeader(`Lineage=${'a'.repeat(257)}`).lineage, undefined);
  });

  it('reads 2048 characters, and nothing of 2049', () => {
    const fill = (length: number) => `${ROOT};x=${'y'.repeat(length - ROOT.length - 3)}`;
    assert.equal(parseXRayHeader(fill(2048)).traceId, TRACE);
    assert.deepEqual(parseXRayHeader(fill(2049)), {});
  });

  it('reads back what formatXRayHeader writes', () => {
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
    const valid = (id: string) => /[^0]/.test(id);
    const fields = fc.record(
      {
        traceId: hex(32).filter(valid),
        parentId: hex(16).filter(valid),
        sampled: fc.boolean(),
        lineage: fc.stringMatching(/^[\w:|.-]{1,256}$/),
      },
      { requiredKeys: ['traceId', 'parentId', 'sampled'] },
    );
    fc.assert(fc.property(fields, (given) => assert.deepEqual(parseXRayHeader(formatXRayHeader(given)), { ...given })));
  });

  it('makes ids or nothing of any text', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('Root=', 'Parent=', 'Sampled=', 'Lineage=', ';', ',', '1-', ROOT, PARENT, '\0', '='),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const { traceId, parentId, sampled, lineage } = parseXRayHeader(pieces.join(''));
        assert.match(traceId ?? TRACE, /^[0-9a-f]{32}$/);
        assert.match(parentId ?? PARENT, /^[0-9a-f]{16}$/);
        assert.match(lineage ?? 'a', /^[\w:|.-]{1,256}$/);
        assert.ok(sampled === undefined || typeof sampled === 'boolean');
      }),
      { numRuns: 1000 },
    );
  });
});
