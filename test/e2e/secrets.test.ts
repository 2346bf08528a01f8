import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plantedTexts, readings } from '../redaction/planted.js';
import { SEEDS } from '../redaction/secrets.js';
import { stage } from './support/aws.js';
import { ourLines, ROOT } from './support/process.js';

/** Answers of AWS that repeat what was sent, as those to a bad signature do. */
const REFUSAL =
  'The canonical request was: x-amz-security-token:FwoGZXIvYXdzEBsecret authorization: Bearer s3cr3t-notice-77';

function request(url: string, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
}

/** The text, and what is readable inside of the JSON texts in it. */
function readable(value: unknown): string {
  const json = JSON.stringify(value);
  return [json, json.replace(/\\(["\\])/g, '$1'), json.replace(/\\\\\\(["\\])/g, '$1')].join('\n');
}

/** What the status socket at `path` says. */
async function status(path: string): Promise<string> {
  let said = '';
  for await (const chunk of connect(path).end('')) said += chunk;
  return said;
}

/** Every file of the folder, as text. */
function contents(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

function assertAbsent(secret: string, output: string, where: string): void {
  const at = output.indexOf(secret);
  assert.ok(at < 0, `${where}: …${output.slice(Math.max(0, at - 200), at + 100)}…`);
}

describe('no secret leaves a process', function () {
  this.timeout(120_000);
  const on = stage();
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-secrets-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('by any of its signals or on stderr, wherever it is put', async () => {
    const file = join(folder, 'texts.json');
    writeFileSync(file, JSON.stringify(SEEDS.map(({ text }) => text)));
    const app = on.start('secrets-everywhere.cjs', {
      args: [file],
      env: on.aws.env({
        OTEL_TRACES_SAMPLER: 'always_on',
        OTEL_LOG_LEVEL: 'debug',
        MONITORING_CONSOLE_ERRORS: 'true',
        MONITORING_PROCESS_WARNINGS: 'true',
        MONITORING_METRIC_DIMENSIONS: 'orders=note;order.value=',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.note=password:hunter2,api.key=k-9988',
      }),
    });
    const url = await app.url();
    for (const [index, { text }] of SEEDS.entries()) {
      const header = text.replace(/[^\x20-\x7e]/g, ' ');
      await request(`${url}/fails/${index}`, { 'user-agent': header, 'x-request-id': header });
      // Alone, in a URL: in the path, and as a query.
      const inUrl = encodeURI(text).replace(/[#?]/g, encodeURIComponent);
      await request(`${url}/a/${inUrl}?note=1`, {});
      await request(`${url}/a?${encodeURI(text)}`, {});
    }
    app.kill('SIGUSR2');
    const { code, stderr } = await app.ended();
    assert.equal(code, 1);

    const [errors, spans] = [await on.aws.errors(), await on.aws.spans()];
    const { metrics } = await on.aws.get<{ metrics: unknown[] }>('/api/metrics?limit=5000');
    // What is to be found empty must have been full.
    const mechanisms = new Set(errors.map(({ attributes }) => (attributes.error as { mechanism?: string })?.mechanism));
    for (const mechanism of ['captureError', 'pino', 'bunyan', 'winston', 'express', 'warning', 'uncaughtException']) {
      assert.ok(mechanisms.has(mechanism), `${mechanism} of ${[...mechanisms].join(', ')}`);
    }
    assert.ok(
      spans.length > 3 * SEEDS.length && metrics.length > 5,
      `${spans.length} spans, ${metrics.length} metrics`,
    );
    assert.match(readable([errors, spans, metrics]), /\[redacted\]/);

    const outputs = { errors: readable(errors), spans: readable(spans), metrics: readable(metrics) };
    const ours = ourLines(stderr).join('\n');
    assert.ok(ours.length > 0);
    for (const { secret } of [...SEEDS, { secret: 'hunter2' }]) {
      for (const [where, output] of Object.entries(outputs)) assertAbsent(secret, output, where);
      assertAbsent(secret, ours, 'stderr');
    }
  });

  it('by what is said of AWS, nor by monitoring config', async () => {
    const refusing = createServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: 'InvalidSignatureException', message: REFUSAL }));
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const { port } = refusing.address() as AddressInfo;
    const app = on.start('capture.cjs', { env: on.aws.env({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }) });
    const { stderr } = await app.ended();
    refusing.close();
    const lines = ourLines(stderr).join('\n');
    assert.match(lines, /InvalidSignature/);
    for (const secret of ['FwoGZXIvYXdzEBsecret', 's3cr3t-notice-77']) assertAbsent(secret, lines, 'stderr');

    const headers = SEEDS.map(({ text }, index) => `x-note-${index}=${encodeURIComponent(text)}`).join(',');
    const { stdout, stderr: said } = spawnSync(process.execPath, [join(ROOT, 'dist/cli.cjs'), 'config'], {
      encoding: 'utf8',
      env: { OTEL_EXPORTER_OTLP_HEADERS: headers, AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEBsecret' },
    });
    assert.match(stdout, /OTEL_EXPORTER_OTLP_HEADERS .*x-note-7=/);
    for (const { secret } of [...SEEDS, { secret: 'FwoGZXIvYXdzEBsecret' }])
      assertAbsent(secret, stdout + said, 'config');
  });

  it('planted in random structures, by the wire, the page, the status socket, doctor, or on stderr', async () => {
    const planted = plantedTexts('process', 1);
    const file = join(folder, 'planted.json');
    writeFileSync(file, JSON.stringify(planted.map(({ text }) => text)));
    const run = mkdtempSync(join(folder, 'run-'));
    const env = on.aws.env({
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_LOG_LEVEL: 'debug',
      MONITORING_RUN_FOLDER: run,
      OTEL_RESOURCE_ATTRIBUTES: `deployment.note=${encodeURIComponent(planted[0]?.text ?? '')}`,
    });
    const app = on.start('secrets-everywhere.cjs', { args: [file], env });
    const url = await app.url();
    await request(`${url}/reset/q7secretOfThePathZ`, {});
    for (const index of planted.keys()) await request(`${url}/fails/${index}`, {});
    const socket = await status(join(run, `${app.child.pid}.sock`));
    const doctor = spawnSync(process.execPath, [join(ROOT, 'dist/cli.cjs'), 'doctor', '--json'], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    app.kill('SIGUSR2');
    const { stderr } = await app.ended();

    const errors = await on.aws.errors();
    const outputs: Record<string, string> = {
      errors: readable(errors),
      spans: readable(await on.aws.spans()),
      page: readable(
        await Promise.all(
          ['/api/metrics?limit=5000', '/api/traces', '/api/requests', '/api/calls', '/api/refused', '/api/summary'].map(
            (path) => on.aws.get(path),
          ),
        ),
      ),
      socket,
      doctor: doctor.stdout + doctor.stderr,
      stderr: ourLines(stderr).join('\n'),
    };
    assert.ok(errors.length > 50, `${errors.length} errors`);
    for (const [where, output] of Object.entries(outputs)) {
      assert.ok(output.length > 100, `${where}: ${output}`);
      const read = readings(output);
      for (const { secret } of [...planted, { secret: 'q7secretOfThePathZ' }]) assertAbsent(secret, read, where);
    }
    assert.match(outputs.errors ?? '', /\/reset\/\[redacted\]/);
    assert.match(outputs.spans ?? '', /\/reset\/\[redacted\]/);
  });

  it('by what a dying process leaves on disk when nothing can be delivered', async () => {
    const planted = plantedTexts('disk', 1);
    const file = join(folder, 'disk.json');
    writeFileSync(file, JSON.stringify(planted.map(({ text }) => text)));
    const run = mkdtempSync(join(folder, 'run-'));
    const app = on.start('secrets-everywhere.cjs', {
      args: [file],
      env: on.aws.env({
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        MONITORING_RUN_FOLDER: run,
        MONITORING_SHUTDOWN_TIMEOUT: '500',
        OTEL_RESOURCE_ATTRIBUTES: `deployment.note=${encodeURIComponent(planted[0]?.text ?? '')}`,
      }),
    });
    const url = await app.url();
    await request(`${url}/reset/q7secretOfThePathZ`, {});
    for (const index of planted.keys()) await request(`${url}/fails/${index}`, {});
    app.kill('SIGUSR2');
    await app.ended();
    const left = contents(run);
    assert.match(left, /\/reset\/\[redacted\]/);
    for (const { secret } of [...planted, { secret: 'q7secretOfThePathZ' }])
      assertAbsent(secret, readings(left), 'disk');
  });

  it('unless raw SQL is asked for, of which one line at start tells', async () => {
    const file = join(folder, 'none.json');
    writeFileSync(file, '[]');
    const app = on.start('secrets-everywhere.cjs', { args: [file], env: on.aws.env({ MONITORING_RAW_SQL: 'true' }) });
    await app.url();
    app.kill('SIGUSR2');
    const { stderr } = await app.ended();
    const lines = ourLines(stderr).filter((line) => line.includes('MONITORING_RAW_SQL'));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /MONITORING_RAW_SQL is true: SQL statements are sent with their literals/);
  });
});
