import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  attributeSets,
  dimensionsOf,
  precedenceOf,
  sanitiseName,
  sanitiseNamespace,
  sanitiseValue,
} from '../../../exporters/cloudwatch-metrics/dimensions.js';
import { PRESSURE_SERIES, SERIES } from '../../../src/host/host-series.js';

const COMMON = [
  { Name: 'Service', Value: 'checkout' },
  { Name: 'Environment', Value: 'prod' },
];

const pairs = (dimensions: { Name: string; Value: string }[]) =>
  dimensions.map(({ Name, Value }) => `${Name}=${Value}`);

describe('metrics of the host', () => {
  for (const { name } of [...SERIES, ...PRESSURE_SERIES]) {
    it(`have the series of the service alone, before those of the application: ${name}`, () => {
      assert.deepEqual(attributeSets(name), [[]]);
      assert.equal(precedenceOf(name), 1);
    });
  }
});

describe('attributeSets', () => {
  const route = ['http.route', 'http.request.method'];

  it('has the curated sets for known instruments in standard', () => {
    assert.deepEqual(attributeSets('http.server.request.duration'), [[], route]);
    assert.deepEqual(attributeSets('http.server.fault'), [[], route]);
    assert.deepEqual(attributeSets('http.server.error'), [[]]);
    assert.deepEqual(attributeSets('http.server.active_requests'), [[]]);
    assert.deepEqual(attributeSets('http.client.request.duration'), [[], ['server.address']]);
    assert.deepEqual(attributeSets('db.client.operation.duration'), [[], ['db.system.name']]);
    assert.deepEqual(attributeSets('rpc.client.call.duration'), [[], ['rpc.service']]);
    assert.deepEqual(attributeSets('monitoring.request.process_cpu.time'), [[], ['http.route']]);
    assert.deepEqual(attributeSets('monitoring.request.heap.growth'), [[]]);
    assert.deepEqual(attributeSets('monitoring.exporter.dropped'), [['signal', 'reason']]);
    for (const runtime of [
      'container.cpu.usage',
      'process.memory.usage',
      'nodejs.eventloop.delay.p99',
      'v8js.memory.heap.used',
    ]) {
      assert.deepEqual(attributeSets(runtime), [[]]);
    }
  });

  it("keeps all attributes of an application's own instruments in standard", () => {
    assert.deepEqual(attributeSets('orders.placed'), ['all']);
    assert.deepEqual(attributeSets('httpish'), ['all']);
  });

  it('has the service alone in lite', () => {
    for (const metric of ['http.server.request.duration', 'orders.placed'])
      assert.deepEqual(attributeSets(metric, 'lite'), [[]]);
  });

  it('adds all attributes to the curated sets in full', () => {
    assert.deepEqual(attributeSets('http.server.request.duration', 'full'), [[], route, 'all']);
    assert.deepEqual(attributeSets('orders.placed', 'full'), ['all']);
  });

  it('takes custom sets by name, then by longest prefix, and standard for the rest', () => {
    const sets = {
      'orders.placed': [['shop']],
      'orders.*': [[], ['country']],
      '*': [['x']],
      'orders.late.*': [['carrier']],
    };
    assert.deepEqual(attributeSets('orders.placed', sets), [['shop']]);
    assert.deepEqual(attributeSets('orders.returned', sets), [[], ['country']]);
    assert.deepEqual(attributeSets('orders.late.days', sets), [['carrier']]);
    assert.deepEqual(attributeSets('anything', sets), [['x']]);
    assert.deepEqual(attributeSets('http.server.error', { 'orders.*': [] }), [[]]);
  });

  it('does not take a name that objects have for a custom set', () => {
    assert.deepEqual(attributeSets('constructor', {}), ['all']);
  });
});

describe('dimensionsOf', () => {
  it('has the common ones first and the set in its order', () => {
    const attributes = { 'http.request.method': 'GET', 'http.route': '/a/:id', other: 'x' };
    assert.deepEqual(pairs(dimensionsOf(attributes, ['http.route', 'http.request.method'], COMMON)), [
      'Service=checkout',
      'Environment=prod',
      'http.route=/a/:id',
      'http.request.method=GET',
    ]);
  });

  it('sorts when it takes all, so that the order of recording makes no difference', () => {
    assert.deepEqual(pairs(dimensionsOf({ b: 1, a: true }, 'all', [])), ['a=true', 'b=1']);
    assert.deepEqual(pairs(dimensionsOf({ a: true, b: 1 }, 'all', [])), ['a=true', 'b=1']);
  });

  it('calls a request without a route unmatched, and leaves out any other attribute that a point lacks', () => {
    assert.deepEqual(pairs(dimensionsOf({}, ['http.route', 'http.request.method'], [])), ['http.route=unmatched']);
  });

  it('lets an attribute take the place of a common dimension', () => {
    assert.deepEqual(pairs(dimensionsOf({ Service: 'other' }, 'all', COMMON)), ['Service=other', 'Environment=prod']);
  });

  it('takes thirty dimensions, and the first thirty of more', () => {
    const attributes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${String(i).padStart(2, '0')}`, i]));
    const excess: number[] = [];
    const note = (count: number) => {
      excess.push(count);
    };
    assert.equal(dimensionsOf(attributes(28), 'all', COMMON, note).length, 30);
    assert.equal(excess.length, 0);
    const kept = dimensionsOf(attributes(29), 'all', COMMON, note);
    assert.deepEqual(excess, [31]);
    assert.equal(kept.length, 30);
    assert.equal(kept[0]?.Name, 'Service');
    assert.equal(kept.at(-1)?.Name, 'a27');
  });

  it('has the last of two names that come to the same', () => {
    assert.deepEqual(pairs(dimensionsOf({ 'e\ttat': 1, 'e tat': 2 }, 'all', [])), ['e tat=2']);
    assert.deepEqual(pairs(dimensionsOf({ 'e tat': 2, 'e\ttat': 1 }, 'all', [])), ['e tat=2']);
  });

  it('is what PutMetricData accepts, whatever the attributes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary', maxLength: 300 }), fc.anything()), (attributes) => {
        const dimensions = dimensionsOf(attributes, 'all', COMMON);
        assert.ok(dimensions.length <= 30);
        assert.equal(new Set(dimensions.map(({ Name }) => Name)).size, dimensions.length);
        for (const { Name, Value } of dimensions) {
          assert.match(Name, /^(?!:)(?=.*[\x21-\x7e])[\x20-\x7e]{1,255}$/);
          assert.match(Value, /^(?=.*[\x21-\x7e])[\x20-\x7e]{1,1024}$/);
        }
      }),
      { endOnFailure: true },
    );
  });
});

describe('sanitiseValue', () => {
  it('leaves plain text as it is', () => {
    for (const value of ['/a/:id', 'a b', ':', '100%', 'x'.repeat(1024)]) assert.equal(sanitiseValue(value), value);
  });

  it('cuts at 1024 characters and keeps different values different', () => {
    const long = sanitiseValue('x'.repeat(1025));
    assert.equal(long.length, 1024);
    assert.match(long, /^x{1015}-[0-9a-f]{8}$/);
    assert.notEqual(long, sanitiseValue(`${'x'.repeat(1024)}y`));
  });

  it('percent-encodes what has no ASCII form, so that different values stay different series', () => {
    assert.equal(sanitiseValue('Réunion'), 'R%C3%A9union');
    for (const [one, other] of [
      ['Zürich', 'Zurich'],
      ['ﬁne', 'fine'],
      ['①', '1'],
      ['Ａ', 'A'],
    ] as const) {
      assert.notEqual(sanitiseValue(one), sanitiseValue(other));
    }
    assert.equal(sanitiseValue('Zu\u0308rich'), sanitiseValue('Z\u00fcrich'), 'one text in two forms');
    assert.equal(sanitiseValue('東京'), '%E6%9D%B1%E4%BA%AC');
    assert.notEqual(sanitiseValue('東京'), sanitiseValue('大阪'));
    assert.equal(sanitiseValue('\ud800'), '%EF%BF%BD');
  });

  it('takes ASCII from the space to the tilde, and neither what is below nor what is above', () => {
    assert.deepEqual(
      ['\u0020', '\u0021', '\u007e'].map((character) => sanitiseValue(`a${character}b`)),
      ['a b', 'a!b', 'a~b'],
    );
    assert.deepEqual(
      ['\u001f', '\u007f', '\u0080', '\u00a1'].map((character) => sanitiseValue(`a${character}b`)),
      ['a b', 'a b', 'a b', 'a%C2%A1b'],
    );
  });

  it('leaves ASCII alone beside what it replaces', () => {
    const ascii = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i)).join('');
    assert.equal(sanitiseValue(`\u00e9${ascii}\u0007`), `%C3%A9${ascii}`);
  });

  it('cuts what only sanitising made too long', () => {
    assert.equal(sanitiseValue('\u6771'.repeat(113)).length, 1017);
    assert.equal(sanitiseValue('\u6771'.repeat(114)).length, 1024);
  });

  it('makes spaces of control characters and trims', () => {
    assert.equal(sanitiseValue(' a\tb\u0000c\n'), 'a b c');
  });

  it('is empty, which leaves the dimension out, for nothing and for blanks', () => {
    for (const value of [undefined, null, '', '  ', '\n\u0007']) assert.equal(sanitiseValue(value), '');
  });

  it('writes numbers, booleans and arrays', () => {
    assert.deepEqual([sanitiseValue(0), sanitiseValue(false), sanitiseValue(['a', 1])], ['0', 'false', '["a",1]']);
  });
});

describe('sanitiseName', () => {
  it('takes 255 characters and shortens 256', () => {
    assert.equal(sanitiseName('n'.repeat(255)), 'n'.repeat(255));
    assert.match(sanitiseName('n'.repeat(256)), /^n{246}-[0-9a-f]{8}$/);
  });

  it('does not start with a colon and is never empty', () => {
    assert.equal(sanitiseName('a:'), 'a:');
    assert.equal(sanitiseName(':a'), '_a');
    assert.equal(sanitiseName(''), '_');
    assert.equal(sanitiseName('a'), 'a');
    assert.equal(sanitiseName('  '), '_');
  });
});

describe('sanitiseNamespace', () => {
  it('leaves a valid one as it is', () => {
    for (const namespace of ['ExperimentationPlatform', 'a/b.c-d_e#f:g', 'n'.repeat(255)])
      assert.equal(sanitiseNamespace(namespace), namespace);
  });

  it("replaces what a namespace cannot have, the services' own prefix included", () => {
    assert.equal(sanitiseNamespace('AWS/Mine'), 'AWS-Mine');
    assert.equal(sanitiseNamespace('a/AWS/b'), 'a/AWS/b');
    for (const namespace of ['AWS', 'AWSX/Mine', 'x']) assert.equal(sanitiseNamespace(namespace), namespace);
    assert.equal(sanitiseNamespace('a(b)'), 'a_b_');
    assert.equal(sanitiseNamespace('::a'), 'a');
    assert.equal(sanitiseNamespace('n'.repeat(256))?.length, 255);
  });

  it('is nothing when nothing is left', () => {
    for (const namespace of ['', ' ', ':']) assert.equal(sanitiseNamespace(namespace), undefined);
  });
});
