import assert from 'node:assert/strict';
import fc from 'fast-check';
import { framesRemover, framesStart, parseFrame, parseStack } from '../../src/errors/stack.js';
import { attributesOf, createBench, HOW } from './reporter-fixture.js';

describe('parsing stacks', () => {
  const cases: [string, string, ReturnType<typeof parseFrame>][] = [
    [
      'a function',
      '    at pay (/app/src/pay.js:10:5)',
      { function: 'pay', file: '/app/src/pay.js', line: 10, column: 5, inApp: true },
    ],
    [
      'no function',
      '    at /app/src/pay.js:10:5',
      { function: undefined, file: '/app/src/pay.js', line: 10, column: 5, inApp: true },
    ],
    [
      'an async function',
      '    at async pay (/app/a.js:1:2)',
      { function: 'pay', file: '/app/a.js', line: 1, column: 2, inApp: true },
    ],
    [
      'an async frame without function',
      '    at async file:///app/a.mjs:1:2',
      { function: undefined, file: '/app/a.mjs', line: 1, column: 2, inApp: true },
    ],
    [
      'a constructor',
      '    at new Cart (/app/a.js:1:2)',
      { function: 'Cart', file: '/app/a.js', line: 1, column: 2, inApp: true },
    ],
    [
      'an alias',
      '    at Cart.total [as sum] (/app/a.js:1:2)',
      { function: 'Cart.total', file: '/app/a.js', line: 1, column: 2, inApp: true },
    ],
    [
      'a file URL with an escape',
      '    at f (file:///app/my%20code/a.mjs:1:2)',
      { function: 'f', file: '/app/my code/a.mjs', line: 1, column: 2, inApp: true },
    ],
    [
      'a path with parentheses',
      '    at f (/app/old (copy)/a.js:1:2)',
      { function: 'f', file: '/app/old (copy)/a.js', line: 1, column: 2, inApp: true },
    ],
    [
      'a dependency',
      '    at f (/app/node_modules/pg/lib/client.js:1:2)',
      { function: 'f', file: '/app/node_modules/pg/lib/client.js', line: 1, column: 2, inApp: false },
    ],
    [
      'Node itself',
      '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
      {
        function: 'process.processTicksAndRejections',
        file: 'node:internal/process/task_queues',
        line: 95,
        column: 5,
        inApp: false,
      },
    ],
    [
      'native code',
      '    at Array.map (<anonymous>)',
      { function: 'Array.map', file: undefined, line: undefined, column: undefined, inApp: false },
    ],
    [
      'Promise.all',
      '    at async Promise.all (index 0)',
      { function: 'Promise.all', file: undefined, line: undefined, column: undefined, inApp: false },
    ],
    [
      'evaluated code',
      '    at eval (eval at run (/app/a.js:1:2), <anonymous>:1:1)',
      { function: 'eval', file: undefined, line: undefined, column: undefined, inApp: false },
    ],
    ['another line', 'TypeError: x', undefined],
  ];
  for (const [name, line, expected] of cases) {
    it(`reads ${name}`, () => assert.deepEqual(parseFrame(line), expected));
  }

  it('takes no line of the message for a frame', () => {
    const message = 'first\n    at fake (/etc/shadow.js:1:1)\nlast';
    const stack = `Error: ${message}\n    at real (/app/a.js:2:3)`;
    assert.deepEqual(
      parseStack(stack, message).map((frame) => frame.function),
      ['real'],
    );
  });

  it('reads a stack of this process', () => {
    const [first] = parseStack(new Error('here').stack ?? '', 'here');
    assert.match(first?.file ?? '', /stack\.test\.ts$/);
    assert.equal(first?.inApp, true);
  });

  it('reads 50 frames and no more', () => {
    const stack = `Error: x${'\n    at f (/a.js:1:1)'.repeat(51)}`;
    assert.equal(parseStack(stack).length, 50);
  });

  it('finds no frames where there are none', () => {
    assert.equal(framesStart('Error: x', 'x'), -1);
    assert.deepEqual(parseStack(''), []);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.nat(), (text, line) => {
        const [frame] = parseStack(`E\n    at ${text} (/a.js:${line}:1)`);
        assert.equal(typeof (frame?.line ?? 0), 'number');
        assert.equal(frame?.file === undefined, frame?.line === undefined);
      }),
      { numRuns: 200 },
    );
  });
});

describe('frames of our own', () => {
  const own = '/app/node_modules/@org/monitoring/dist';
  const remove = framesRemover(own);
  const frames = [
    '    at pay (/app/src/pay.js:10:5)',
    `    at ${own}/preload.cjs:1:2345`,
    `    at async dispatch (${own}/instrumentations/pg.cjs:1:2)`,
    '    at next (/app/node_modules/koa-compose/index.js:42:32)',
    `    at Object.run (file://${own}/register.mjs:1:2)`,
    '    at other (/app/node_modules/@org/monitoring/dist-tools/index.js:1:2)',
  ];

  it('are taken out of a stack, and no others', () => {
    const [pay, , , next, , other] = frames;
    assert.equal(remove(['Error: x', ...frames].join('\n')), ['Error: x', pay, next, other].join('\n'));
  });

  it('are no part of a message that names the folder', () => {
    const stack = `Error: cannot read ${own}/preload.cjs\n${frames[0]}`;
    assert.equal(remove(stack), stack);
  });

  it('are in no event, and do not tell kinds apart', () => {
    const { reporter, records } = createBench({ ownFolder: own });
    const make = (...lines: (string | undefined)[]) =>
      Object.assign(new TypeError('x'), { stack: ['TypeError: x', ...lines].join('\n') });
    reporter.capture(make(...frames), HOW);
    reporter.capture(make(frames[1], frames[0], frames[3], frames[5]), HOW);
    reporter.capture(new Error('y', { cause: make(...frames) }), HOW);
    assert.doesNotMatch(JSON.stringify(records), /preload|register\.mjs|pg\.cjs/);
    const [one, other] = records.map((record) => attributesOf(record)['error.fingerprint']);
    assert.equal(one, other);
  });
});
