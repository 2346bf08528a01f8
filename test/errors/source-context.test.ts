import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildOptions, transformSync } from 'esbuild';
import { createSourceContext, readSourceFile } from '../../src/errors/source-context.js';
import { createRedactor } from '../../src/redaction/redactor.js';

const SOURCE = [
  '// the till',
  'interface Order { id: number }',
  '',
  'type Nothing = undefined;',
  '',
  'export function pay(order: Order): Nothing {',
  "  const password = 'hunter2';",
  '  if (order.id > 0) throw new Error("payment " + order.id + " failed");',
  '  return undefined;',
  '}',
].join('\n');

const THROW_LINE = 8;

function compile(sourcemap: BuildOptions['sourcemap'], sourcesContent = true): { code: string; map: string } {
  const { code, map } = transformSync(SOURCE, {
    loader: 'ts',
    format: 'cjs',
    sourcefile: 'pay.ts',
    sourcemap: sourcemap === 'inline' ? 'inline' : 'external',
    sourcesContent,
    minifyWhitespace: true,
  });
  return { code, map };
}

function attributesWith(stack: string, message = 'payment 1 failed') {
  return { 'exception.message': message, 'exception.stacktrace': stack, 'error.fingerprint': 'f' };
}

/** @param readTime milliseconds that reading one file takes */
function createContext(files: Record<string, string>, readTime = 0) {
  const reads: string[] = [];
  let now = 0;
  const enrich = createSourceContext({
    readFile: (path) => {
      reads.push(path);
      now += readTime;
      return files[path];
    },
    redactor: createRedactor(),
    now: () => now,
  });
  return { enrich, reads };
}

describe('frames of our own', () => {
  it('are neither in the source nor in the stack, also of spans that the application writes', () => {
    const own = '/app/node_modules/@org/monitoring/dist';
    const files = { '/app/pay.js': 'throw new Error();', [`${own}/preload.cjs`]: 'ours();' };
    const enrich = createSourceContext({
      readFile: (path) => files[path as keyof typeof files],
      redactor: createRedactor(),
      ownFolder: own,
    });
    const stack = `Error: x\n    at ours (${own}/preload.cjs:1:1)\n    at pay (/app/pay.js:1:7)`;
    const cause = { path: 'cause', type: 'Error', message: 'x', stacktrace: stack };
    const told = enrich({ ...attributesWith(stack, 'x'), 'exception.cause': [cause] });
    assert.doesNotMatch(JSON.stringify(told), /preload|ours/);
    assert.match(JSON.stringify(told['exception.source']), /pay\.js/);
  });
});

/** Generated code with a map of so many units of mappings, all of one source. */
function mapped(path: string, mappings: number, padding = 0): Record<string, string> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const map = {
    version: 3,
    sources: ['origin.ts'],
    names: [],
    mappings: 'AAAA'.padEnd(mappings, ';'),
    padding: ' '.repeat(padding),
  };
  return { [path]: `x\n//# sourceMappingURL=${name}.map`, [`${path}.map`]: JSON.stringify(map) };
}

/** Where the generated code throws: its one line and the column of `new Error`, 1-based. */
function positionIn(code: string): string {
  const before = code.slice(0, code.indexOf('new Error'));
  return `${before.split('\n').length}:${before.length - before.lastIndexOf('\n')}`;
}

describe('source context', () => {
  it('shows the lines around a frame, without the secrets in them', () => {
    const { enrich } = createContext({ '/app/pay.js': SOURCE });
    const enriched = enrich(attributesWith(`Error: payment 1 failed\n    at pay (/app/pay.js:${THROW_LINE}:27)`));
    assert.deepEqual(enriched['exception.source'], [
      {
        file: '/app/pay.js',
        line: THROW_LINE,
        column: 27,
        function: 'pay',
        code: [
          '   5 | ',
          '   6 | export function pay(order: Order): Nothing {',
          "   7 |   const password = '[redacted]';",
          '>  8 |   if (order.id > 0) throw new Error("payment " + order.id + " failed");',
          '   9 |   return undefined;',
          '  10 | }',
        ].join('\n'),
      },
    ]);
  });

  for (const kind of ['a map beside the file', 'a map inside the file', 'a map without the sources'] as const) {
    it(`finds the original through ${kind}`, () => {
      const { code, map } = compile(
        kind === 'a map inside the file' ? 'inline' : 'external',
        kind !== 'a map without the sources',
      );
      const own = kind === 'a map inside the file' ? code : `${code}//# sourceMappingURL=pay.js.map\n`;
      const { enrich } = createContext({
        '/app/dist/pay.js': own,
        '/app/dist/pay.js.map': map,
        '/app/dist/pay.ts': SOURCE,
      });
      const stack = `Error: payment 1 failed\n    at pay (/app/dist/pay.js:${positionIn(own)})\n    at async file:///app/dist/pay.js:${positionIn(own)}`;
      const enriched = enrich(attributesWith(stack));
      const column = SOURCE.split('\n')[THROW_LINE - 1]?.indexOf('new Error') ?? 0;
      const place = `/app/dist/pay.ts:${THROW_LINE}:${column + 1}`;
      assert.equal(
        enriched['exception.stacktrace'],
        `Error: payment 1 failed\n    at pay (${place})\n    at async ${place}`,
      );
      assert.match(JSON.stringify(enriched['exception.source']), /> {2}8 \|/);
      assert.equal(JSON.stringify(enriched).includes('hunter2'), false);
    });
  }

  it('reads each file once', () => {
    const { enrich, reads } = createContext({ '/app/pay.js': SOURCE });
    const attributes = attributesWith('Error: x\n    at pay (/app/pay.js:8:27)\n    at gone (/app/gone.js:1:1)', 'x');
    enrich(attributes);
    const before = reads.length;
    assert.deepEqual(enrich(attributes), enrich({ ...attributes }));
    assert.equal(reads.length, before);
  });

  it('maps the causes of an error as well', () => {
    const { enrich } = createContext(mapped('/app/a.js', 4));
    const cause = { path: 'cause', type: 'Error', message: 'y', stacktrace: 'Error: y\n    at g (/app/a.js:1:1)' };
    const other = { path: 'cause.cause', type: 'string', message: 'z' };
    const attributes = {
      ...attributesWith('Error: x\n    at f (/app/b.js:1:1)', 'x'),
      'exception.cause': [cause, other],
    };
    assert.deepEqual(enrich(attributes)['exception.cause'], [
      { ...cause, stacktrace: 'Error: y\n    at g (/app/origin.ts:1:1)' },
      other,
    ]);
  });

  it('decodes 1 500 000 units of mappings and no more', () => {
    const { enrich } = createContext({ ...mapped('/app/a.js', 1_500_000), ...mapped('/app/b.js', 1_500_001) });
    const stackOf = (file: string): unknown =>
      enrich(attributesWith(`Error: x\n    at f (${file}:1:1)`, 'x'))['exception.stacktrace'];
    assert.equal(stackOf('/app/a.js'), 'Error: x\n    at f (/app/origin.ts:1:1)');
    assert.equal(stackOf('/app/b.js'), 'Error: x\n    at f (/app/b.js:1:1)');
  });

  it('keeps four million units of maps, the last used ones', () => {
    const { enrich, reads } = createContext({
      ...mapped('/app/a.js', 4, 1_950_000),
      ...mapped('/app/b.js', 4, 1_950_000),
      ...mapped('/app/c.js', 4, 1_950_000),
    });
    let column = 1;
    // Another column is another frame: only maps are remembered from one to the next.
    const visit = (file: string): number => {
      const before = reads.filter((path) => path.endsWith('.map')).length;
      column += 1;
      enrich(attributesWith(`Error: x\n    at f (/app/${file}:1:${column})`, 'x'));
      return reads.filter((path) => path.endsWith('.map')).length - before;
    };
    assert.deepEqual(['a.js', 'b.js', 'a.js', 'b.js'].map(visit), [1, 1, 0, 0]);
    assert.deepEqual(['c.js', 'b.js', 'a.js'].map(visit), [1, 0, 1]);
  });

  it('reads for half a second at the most, and what is left with the next error', () => {
    const { enrich, reads } = createContext({ '/app/a.js': 'a', '/app/b.js': 'b' }, 500);
    const attributes = attributesWith('Error: x\n    at f (/app/a.js:1:1)\n    at g (/app/b.js:1:1)', 'x');
    const shown = (): unknown[] => [enrich(attributes)['exception.source'] ?? []].flat();
    assert.equal(shown().length, 1);
    assert.deepEqual(new Set(reads), new Set(['/app/a.js']));
    assert.equal(shown().length, 2);
    assert.ok(reads.includes('/app/b.js'));
  });

  it('shows three frames of the application and none of dependencies or Node', () => {
    const frames = [
      '/app/node_modules/pg/client.js:1:1',
      'node:internal/timers:1:1',
      '/app/a.js:1:1',
      '/app/a.js:2:1',
      '/app/a.js:3:1',
      '/app/a.js:4:1',
    ];
    const { enrich, reads } = createContext({ '/app/a.js': 'a\nb\nc\nd' });
    const enriched = enrich(
      attributesWith(`Error: x\n${frames.map((frame) => `    at f (${frame})`).join('\n')}`, 'x'),
    );
    const shown = enriched['exception.source'];
    assert.ok(Array.isArray(shown));
    assert.deepEqual(
      shown.map(({ line }: { line: number }) => line),
      [1, 2, 3],
    );
    assert.deepEqual(new Set(reads), new Set(['/app/a.js']));
  });

  for (const path of [
    '/etc/passwd',
    '/proc/self/environ.js',
    '/app/.env',
    '/app/data.json',
    'relative.js',
    '/dev/stdin.js',
  ]) {
    it(`does not open ${path}`, () => {
      const { enrich, reads } = createContext({ [path]: 'root:x:0:0' });
      const attributes = attributesWith(`Error: x\n    at f (${path}:1:1)`, 'x');
      assert.equal(enrich(attributes), attributes);
      assert.deepEqual(reads, []);
    });
  }

  it('takes no frame from the message', () => {
    const message = 'see\n    at f (/app/secret.js:1:1)';
    const { enrich, reads } = createContext({ '/app/secret.js': 'x' });
    const attributes = attributesWith(`Error: ${message}\n    at node:internal/timers:1:1`, message);
    assert.equal(enrich(attributes), attributes);
    assert.deepEqual(reads, []);
  });

  const broken: [string, string][] = [
    ['no JSON', '{'],
    ['JSON of something else', '[]'],
    ['mappings that are none', '{"version":3,"sources":["a.ts"],"names":[],"mappings":"!!!!"}'],
    ['no mappings', '{"version":3,"sources":["a.ts"],"names":[]}'],
  ];
  for (const [name, map] of broken) {
    it(`shows the generated code when its map is ${name}`, () => {
      const { enrich } = createContext({
        '/app/a.js': 'one\ntwo\n//# sourceMappingURL=a.js.map',
        '/app/a.js.map': map,
      });
      const enriched = enrich(attributesWith('Error: x\n    at f (/app/a.js:2:1)', 'x'));
      assert.equal(enriched['exception.stacktrace'], 'Error: x\n    at f (/app/a.js:2:1)');
      assert.match(JSON.stringify(enriched['exception.source']), /> 2 \| two/);
    });
  }

  it('shows no minified line, and no line that is not there', () => {
    const { enrich } = createContext({ '/app/a.js': `${'x'.repeat(1001)}\n${'y'.repeat(1000)}` });
    const codeAt = (line: number): unknown =>
      enrich(attributesWith(`Error: x\n    at f (/app/a.js:${line}:1)`, 'x'))['exception.source'];
    assert.equal(codeAt(1), undefined);
    assert.notEqual(codeAt(2), undefined);
    assert.equal(codeAt(3), undefined);
  });

  it('leaves other records alone', () => {
    const { enrich } = createContext({});
    const attributes = { 'error.suppressed': 3 };
    assert.equal(enrich(attributes), attributes);
  });

  it('explains an error of compiled code on disk', () => {
    const directory = mkdtempSync(join(tmpdir(), 'source-context-'));
    try {
      const { code, map } = compile('external');
      writeFileSync(join(directory, 'pay.js'), `${code}//# sourceMappingURL=pay.js.map\n`);
      writeFileSync(join(directory, 'pay.js.map'), map);
      const file = join(directory, 'pay.js');
      // What Node itself would say, whatever maps stacks in this process.
      const stack = `Error: payment 1 failed\n    at pay (${file}:${positionIn(code)})`;
      assert.throws(() => createRequire(file)(file).pay({ id: 1 }), /payment 1 failed/);
      const enrich = createSourceContext({ readFile: readSourceFile, redactor: createRedactor() });
      assert.match(String(enrich(attributesWith(stack))['exception.stacktrace']), /pay\.ts:8:\d+/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('reading source files', () => {
  it('reads a file, and nothing that is none', () => {
    const directory = mkdtempSync(join(tmpdir(), 'source-files-'));
    try {
      writeFileSync(join(directory, 'a.js'), 'x');
      symlinkSync('/dev/zero', join(directory, 'b.js'));
      assert.equal(readSourceFile(join(directory, 'a.js')), 'x');
      assert.equal(readSourceFile(join(directory, 'b.js')), undefined);
      assert.equal(readSourceFile(directory), undefined);
      assert.equal(readSourceFile(join(directory, 'missing.js')), undefined);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
