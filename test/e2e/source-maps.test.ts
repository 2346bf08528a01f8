import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { stage } from './support/aws.js';

const SOURCE = `import { createServer } from 'node:http';

interface Order { id: number }

export function pay(order: Order): void {
  const cause = new TypeError('no till');
  const apiKey = 'k-0815';
  throw new RangeError(\`payment \${order.id} failed\`, { cause });
}

if (process.argv[2] === 'survive') process.on('uncaughtException', () => server.close());
const server = createServer(() => pay({ id: 1 })).listen(0, '127.0.0.1', () => {
  fetch('http://127.0.0.1:' + (server.address() as { port: number }).port).catch(() => undefined);
  if (process.argv[2] === 'survive') setTimeout(() => server.closeAllConnections(), 300);
});
`;

const lineOf = (text: string) => SOURCE.split('\n').findIndex((line) => line.includes(text)) + 1;

interface Place {
  file: string;
  line: number;
  function?: string;
  code: string;
}

describe('an error of a compiled application', () => {
  const on = stage();
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-maps-'));
    writeFileSync(join(folder, 'app.ts'), SOURCE);
    buildSync({
      entryPoints: [join(folder, 'app.ts')],
      outfile: join(folder, 'dist/app.cjs'),
      format: 'cjs',
      platform: 'node',
      minify: true,
      keepNames: true,
      sourcemap: true,
      sourcesContent: false,
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const way of ['survive', 'die']) {
    it(`is told where its source has it, with the lines there: ${way}`, async () => {
      const app = on.start(join(folder, 'dist/app.cjs'), {
        args: [way],
        env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }),
      });
      const { stderr } = await app.ended();
      const errors = (await on.aws.errors()).filter(({ eventName }) => eventName === 'exception');
      assert.equal(errors.length, 1, stderr);
      const [error] = errors;
      assert.ok(error);
      const exception = error.attributes.exception as unknown as {
        stacktrace: string;
        source: Place[];
        cause: { stacktrace: string }[];
      };
      const place = `${join(folder, 'app.ts')}:${lineOf('new RangeError')}:`;
      assert.ok(exception.stacktrace.includes(`at pay (${place}`), exception.stacktrace);
      assert.ok(exception.cause[0]?.stacktrace.includes(`app.ts:${lineOf('new TypeError')}:`));
      const [first, second] = exception.source;
      assert.deepEqual(
        [first?.file, first?.line, first?.function],
        [join(folder, 'app.ts'), lineOf('new RangeError'), 'pay'],
      );
      assert.match(first?.code ?? '', /> {2}8 \| {3}throw new RangeError\(`payment/);
      assert.match(first?.code ?? '', /apiKey = '\[redacted\]'/);
      assert.equal(second?.line, lineOf('createServer(() =>'));

      const [span] = (await on.aws.spans()).filter(({ name }) => name === 'GET');
      const told = span?.events.find(({ name }) => name === 'exception') as unknown as {
        attributes: Record<string, string>;
      };
      assert.ok(told.attributes['exception.stacktrace']?.includes(`at pay (${place}`));
      // What Node prints stays as it was.
      if (way === 'die') assert.match(stderr, /dist\/app\.cjs:1:\d+/);
    });
  }
});
