import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Description } from '../../src/errors/describe.js';
import { fingerprintOf, Grouping, normaliseMessage } from '../../src/errors/fingerprint.js';
import { normalisesTo } from '../../src/errors/normal-form.js';

const FRAMES = [
  '    at charge (/app/src/pay.js:10:5)',
  '    at Client.query (/app/node_modules/pg/lib/client.js:3:1)',
  '    at handler (/app/src/routes.js:22:9)',
  '    at node:internal/process/task_queues:95:5',
];

function error(overrides: Partial<Description> = {}, frames = FRAMES): Description {
  const described = { type: 'Error', message: 'order 17 failed', code: undefined, ...overrides };
  return { stack: `${described.type}: ${described.message}\n${frames.join('\n')}`, ...described };
}

function fingerprint(described: Description, root = '/app'): string {
  return fingerprintOf(new Grouping(root).keyOf(described));
}

describe('fingerprints', () => {
  it('are 16 hex digits', () => assert.match(fingerprint(error()), /^[0-9a-f]{16}$/));

  const same: [string, Description, string?][] = [
    ['another id in the message', error({ message: 'order 18 failed' })],
    [
      'other lines and columns',
      error(
        {},
        FRAMES.map((line) => line.replace(/:\d+:\d+/, ':99:1')),
      ),
    ],
    [
      'another frame of a dependency',
      error({}, [FRAMES[0] ?? '', '    at x (/app/node_modules/z/i.js:1:1)', ...FRAMES.slice(2)]),
    ],
    [
      'another directory of the application',
      error(
        {},
        FRAMES.map((line) => line.replace('/app/', '/srv/v2/')),
      ),
      '/srv/v2/',
    ],
  ];
  for (const [name, other, root] of same) {
    it(`stay the same with ${name}`, () => assert.equal(fingerprint(other, root), fingerprint(error())));
  }

  const different: [string, Description][] = [
    ['another type', error({ type: 'RangeError' })],
    ['another message', error({ message: 'order 17 was refused' })],
    ['another code', error({ code: 'E_PAY' })],
    ['another function', error({}, [(FRAMES[0] ?? '').replace('charge', 'refund'), ...FRAMES.slice(1)])],
    ['another file', error({}, [(FRAMES[0] ?? '').replace('pay.js', 'bill.js'), ...FRAMES.slice(1)])],
    ['no stack', { ...error(), stack: undefined }],
  ];
  for (const [name, other] of different) {
    it(`differ with ${name}`, () => assert.notEqual(fingerprint(other), fingerprint(error())));
  }

  const roots: [string, string, string][] = [
    ['a folder of Windows', 'C:\\Users\\jane\\app', 'C:\\Users\\jane\\app\\'],
    ['another user of Windows', 'D:\\Users\\kim\\app', 'd:\\Users\\kim\\app\\'],
    ['a share', '\\\\server\\share\\app', '\\\\server\\share\\app\\'],
    ['the URL of a file on Windows', 'C:\\Users\\jane\\app', 'file:///C:/Users/jane/app/'],
    ['the URL of a file on a share', '\\\\server\\share\\app', 'file://server/share/app/'],
    ['the URL of a file', '/home/jane/app', 'file:///home/jane/app/'],
    ['the root of a drive', 'C:\\', 'C:\\'],
  ];
  for (const [name, root, prefix] of roots) {
    it(`are the same for ${name} as for /app`, () => {
      const separator = prefix.startsWith('file:') ? '/' : prefix.includes('\\') ? '\\' : '/';
      const frames = FRAMES.map((frame) =>
        frame.replace(/\/app\/(\S+)/, (_path, rest: string) => prefix + rest.replaceAll('/', separator)),
      );
      assert.equal(fingerprint(error({}, frames), root), fingerprint(error()));
    });
  }

  it('use the frames of dependencies when the application has none', () => {
    const one = error({}, ['    at a (/app/node_modules/x/a.js:1:1)']);
    const other = error({}, ['    at b (/app/node_modules/x/a.js:1:1)']);
    assert.notEqual(fingerprint(one), fingerprint(other));
  });

  it('are found again from the cache', () => {
    const grouping = new Grouping('/app');
    assert.equal(grouping.keyOf(error()), grouping.keyOf(error({ message: 'order 9 failed' })));
  });
});

describe('grouping in a storm', () => {
  const refused = () => true;

  /** An error of one kind whose stack counts how often it is read. */
  function counted(reads: { count: number }, frames: string[] = FRAMES) {
    const { stack, ...rest } = error({}, frames);
    return Object.defineProperty({ ...rest }, 'stack', {
      get() {
        reads.count += 1;
        return stack;
      },
    }) as ReturnType<typeof error>;
  }

  it('reads the stacks of the first hundred and one errors, and of every sixteenth after them', () => {
    const [grouping, reads] = [new Grouping('/app'), { count: 0 }];
    const key = grouping.keyOf(counted(reads), refused);
    for (let index = 0; index < 100; index++) assert.equal(grouping.keyOf(counted(reads), refused), key);
    assert.equal(reads.count, 101);
    for (let index = 0; index < 1600; index++) assert.equal(grouping.keyOf(counted(reads), refused), key);
    assert.equal(reads.count, 201);
  });

  it('reads every 64th stack after two thousand errors in a row, and notices within 64 that they come from another place', () => {
    const [grouping, reads] = [new Grouping('/app'), { count: 0 }];
    const key = grouping.keyOf(counted(reads), refused);
    for (let index = 0; index < 2000; index++) grouping.keyOf(counted(reads), refused);
    const before = reads.count;
    for (let index = 0; index < 640; index++) assert.equal(grouping.keyOf(counted(reads), refused), key);
    assert.equal(reads.count, before + 10);
    const elsewhere = ['    at refund (/app/src/refund.js:1:1)'];
    const keys = Array.from({ length: 64 }, () => grouping.keyOf(counted(reads, elsewhere), refused));
    assert.notEqual(keys.at(-1), key);
  });

  it('keeps the last of more kinds apart than it looks through first, interleaved as they come', () => {
    const grouping = new Grouping('/app');
    const messages = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `${letter} failed`);
    const apart = messages.map((message) => new Grouping('/app').keyOf(error({ message })));
    for (let round = 0; round < 200; round++) {
      assert.deepEqual(
        messages.map((message) => grouping.keyOf(error({ message }), refused)),
        apart,
      );
    }
  });

  it('tells a code, or the lack of one, and names in quotes apart', () => {
    const grouping = new Grouping('/app');
    const several = [
      error({ code: 'E_PAY' }),
      error(),
      error({ code: '' }),
      error({ message: "reading 'a'", type: 'TypeError' }),
      error({ message: "reading 'b'", type: 'TypeError' }),
    ];
    for (let round = 0; round < 300; round++) {
      for (const each of several) assert.equal(grouping.keyOf(each, refused), new Grouping('/app').keyOf(each));
    }
  });

  it('reads every stack while events go out', () => {
    const [grouping, reads] = [new Grouping('/app'), { count: 0 }];
    for (let index = 0; index < 300; index++) grouping.keyOf(counted(reads), () => false);
    assert.equal(reads.count, 300);
  });

  it('notices within sixteen errors that they come from another place, and reads each again', () => {
    const [grouping, reads] = [new Grouping('/app'), { count: 0 }];
    const key = grouping.keyOf(counted(reads), refused);
    for (let index = 0; index < 200; index++) grouping.keyOf(counted(reads), refused);
    const elsewhere = ['    at refund (/app/src/refund.js:1:1)'];
    const keys = Array.from({ length: 16 }, () => grouping.keyOf(counted(reads, elsewhere), refused));
    assert.notEqual(keys.at(-1), key);
    assert.notEqual(keys[keys.lastIndexOf(key) + 1], undefined);
    const before = reads.count;
    for (let index = 0; index < 50; index++)
      assert.equal(grouping.keyOf(counted(reads, elsewhere), refused), keys.at(-1));
    assert.equal(reads.count, before + 50);
  });

  it('takes no error of another message for one of the storm', () => {
    const grouping = new Grouping('/app');
    for (let index = 0; index < 200; index++) grouping.keyOf(error(), refused);
    const other = error({ message: 'no stock' });
    assert.equal(grouping.keyOf(other, refused), new Grouping('/app').keyOf(other));
  });
});

describe('normalising messages', () => {
  const cases: [string, string, string][] = [
    ['Error', 'connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED ?.?.?.?:?'],
    ['Error', 'user "anna" not found', 'user ? not found'],
    [
      'TypeError',
      "Cannot read properties of undefined (reading 'name')",
      "Cannot read properties of undefined (reading 'name')",
    ],
    ['Error', 'job 6f1ed002-abcd-abcd-abcd-abcdefabcdef died', 'job ? died'],
    ['Error', 'object 5e1b41515ac6c58f gone', 'object ? gone'],
  ];
  for (const [type, message, expected] of cases) {
    it(`makes "${expected}" of "${message}"`, () => assert.equal(normaliseMessage(type, message), expected));
  }

  it('is told in one pass as by the whole rule', () => {
    const part = fc.oneof(
      fc.constantFrom('"', "'", '`', '?', '-', ' ', '_', 'a', 'é', 'B7', '0', '\ud800', 'x'.repeat(120)),
      fc.uuid(),
      fc.uuid().map((uuid) => uuid.toUpperCase().slice(1)),
      fc.stringMatching(/^[0-9a-f]{8}-?$/),
      fc.string({ maxLength: 4 }),
    );
    const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
    const type = fc.constantFrom('Error', 'TypeError');
    fc.assert(
      fc.property(type, text, text, fc.nat(300), (name, message, other, at) => {
        const normal = normaliseMessage(name, message);
        assert.ok(normalisesTo(normal, name, message));
        for (const candidate of [other, message.slice(at), `${message}x`, message + other]) {
          assert.equal(normalisesTo(normal, name, candidate), normaliseMessage(name, candidate) === normal);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('looks at the first 256 units', () => {
    assert.equal(normaliseMessage('Error', `${'a'.repeat(255)}bc`), `${'a'.repeat(255)}b`);
  });
});
