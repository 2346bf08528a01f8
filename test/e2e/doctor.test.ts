import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../src/cli/doctor/report.js';
import { LocalAws, stage } from './support/aws.js';
import { ROOT } from './support/process.js';

interface Answer {
  status: number | null;
  stdout: string;
  stderr: string;
}

describe('monitoring, of a service', () => {
  const world = stage();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-run-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const env = (more: Record<string, string> = {}) => world.aws.env({ MONITORING_RUN_FOLDER: folder, ...more });

  async function monitoring(args: string[], more: Record<string, string> = {}): Promise<Answer> {
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli.cjs'), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...env(more) },
    });
    const answer: Answer = { status: null, stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      answer.stdout += data;
    });
    child.stderr.on('data', (data) => {
      answer.stderr += data;
    });
    [answer.status] = await once(child, 'close');
    return answer;
  }

  /** An application that runs and whose socket is there. */
  async function running(fixture: string, flags?: string[]): Promise<number> {
    const app = world.start(fixture, { env: env(), ...(flags && { flags }) });
    while (!readdirSync(folder).includes(`${app.child.pid}.sock`)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return app.child.pid ?? 0;
  }

  for (const format of ['pretty', 'short', 'json', 'md', 'junit']) {
    it(`doctor ends with 1 in ${format} when something failed, with the answer on stdout and nothing else`, async () => {
      const { status, stdout, stderr } = await monitoring(['doctor', '--format', format], { AWS_PROFILE: 'shop-prod' });
      assert.deepEqual([status, stderr], [1, '']);
      assert.match(stdout, /MON-CRED-001/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the character is what is looked for
      assert.doesNotMatch(stdout, /\u001b/, 'no styles in a pipe');
      if (format === 'json') assert.equal(JSON.parse(stdout).exitCode, 1);
    });
  }

  it('doctor ends with 0 when nothing failed, and with 1 for a warning with --strict', async () => {
    const args = ['doctor', '--only', 'MON-LOGS-001', '--json'];
    const plain = await monitoring(args);
    assert.equal(plain.status, 0, plain.stdout);
    assert.equal((await monitoring([...args, '--strict'])).status, 1);
  });

  it('doctor ends with 2 for an id that no check has, a bad option value, or a process that can not be asked', async () => {
    for (const [args, line] of [
      [['--only', 'MON-CRED-011'], /there is no check MON-CRED-011, perhaps MON-CRED-001/],
      [['--timeout', 'soon'], /Expected seconds from 0 to 86400/],
      [['--format', 'yaml'], /Allowed choices are pretty, short, json, md, junit/],
      [['--pid', '999999'], /process 999999 has no status socket/],
      [['--pid', 'x'], /Expected the number of a process, or none/],
    ] as const) {
      const { status, stdout, stderr } = await monitoring(['doctor', ...args]);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, line);
    }
  });

  for (const args of [['--write-probe'], ['--only', 'MON-NET-001']]) {
    it(`doctor ${args[0]} ends with its report, at --timeout in seconds, when an endpoint never answers`, async () => {
      const connections = new Set<Socket>();
      const silent = createServer((socket) => void connections.add(socket));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      const endpoint = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
      const { status, stdout } = await monitoring(['doctor', '--json', '--timeout', '1', ...args], endpoint);
      for (const socket of connections) socket.destroy();
      silent.close();
      const { checks, duration }: Report = JSON.parse(stdout);
      const network = checks.find(({ id }) => id === 'MON-NET-001');
      assert.deepEqual([status, network?.state], [2, 'broken'], stdout);
      assert.match(network?.says ?? '', /the time for the whole run/);
      assert.ok(duration < 5000, `the first byte alone may take 5 s, the run took ${duration} ms`);
    });
  }

  it('doctor asks the running application first', async () => {
    const pid = await running('express5.cjs');
    const { status, stdout } = await monitoring(['doctor', '--json']);
    const report: Report = JSON.parse(stdout);
    assert.equal(status, 0, stdout);
    assert.deepEqual([report.subject.pid, report.subject.service], [pid, 'shop']);
    assert.match(report.subject.source, /^running process/);
    const states = Object.fromEntries(report.checks.map(({ id, state }) => [id, state]));
    assert.deepEqual([states['MON-RUN-002'], states['MON-LOAD-001'], states['MON-PERM-001']], ['pass', 'pass', 'pass']);
  });

  it('doctor passes a healthy application whose keys this shell does not have', async () => {
    const app = world.start('express5.cjs', {
      env: env({ OTEL_METRIC_EXPORT_INTERVAL: '200', OTEL_METRIC_EXPORT_TIMEOUT: '200' }),
    });
    await app.url();
    while ((await world.aws.metricNames()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const ask = () => monitoring(['doctor'], { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    let { status, stdout } = await ask();
    // An export was under way.
    while (/sent \d+; [1-9]\d* waiting/.test(stdout)) ({ status, stdout } = await ask());
    assert.equal(status, 0, stdout);
    assert.match(stdout, /✓ MON-CRED-001 {2}.*environment variables \(process \d+\)/);
    assert.match(stdout, /✓ MON-METR-001 {2}.*sent \d+; 0 waiting.* \(process \d+\)/);
    assert.match(stdout, /✓ MON-NET-001 {2}.* \(this shell\)/);
  });

  it('doctor warns of requests without a route, and not of those of a framework that tells them', async () => {
    for (const [fixture, path, line] of [
      [
        'bare-http.cjs',
        '/anything',
        /! MON-METR-004 {2}15 of 15 requests have no route \(100 %\).*\n.*\n.*\n.*framework: none was seen[\s\S]*setRoute/,
      ],
      ['express5.cjs', '/', /✓ MON-METR-004 .*: 0 of 12 requests have no route/],
    ] as const) {
      const app = world.start(fixture, { env: env() });
      const url = await app.url();
      for (let count = 0; count < 12; count++) await (await fetch(url + path)).text();
      for (let count = 0; count < 3; count++) await (await fetch(`${url}/none/${count}`)).text();
      const { stdout } = await monitoring(['doctor', '--pid', String(app.child.pid)]);
      assert.match(stdout, line);
    }
  });

  describe('beside a running process of another service', () => {
    const entry = join(ROOT, 'test/e2e/fixtures/express5.cjs');
    let pid = 0;
    beforeEach(async () => {
      pid = await running('express5.cjs');
    });
    const posts = () => world.aws.studio.store.calls.list().filter(({ action }) => action === 'PutMetricData');

    for (const [what, args, more, reason] of [
      ['the service here', [], { OTEL_SERVICE_NAME: 'checkout' }, /its service is shop, OTEL_SERVICE_NAME here says/],
      [
        'the service here',
        [],
        { OTEL_RESOURCE_ATTRIBUTES: 'service.name=checkout', OTEL_SERVICE_NAME: '' },
        /its service/,
      ],
      ['--service', ['--service', 'checkout'], {}, /its service is shop, --service says checkout/],
      [
        'the endpoint here',
        [],
        { AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:1' },
        /its endpoint of cloudwatch is http/,
      ],
      [
        'the collector here',
        [],
        { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
        /its collector of metrics is AWS's/,
      ],
      ['the region here', [], { AWS_REGION: 'eu-west-1' }, /its region is us-west-2, AWS_REGION here says eu-west-1/],
      ['the namespace here', [], { MONITORING_NAMESPACE: 'Till' }, /its namespace is shop, MONITORING_NAMESPACE here/],
      ['--app', ['--app', 'other.cjs'], {}, /its entry is .*express5\.cjs, --app says/],
      ['--pid none', ['--pid', 'none'], {}, /no process was asked/],
    ] as const) {
      it(`config and why are of this shell with ${what} (${JSON.stringify(more)})`, async () => {
        const config = JSON.parse((await monitoring(['config', '--json', ...args], more)).stdout);
        assert.match(config.source, /^(settings of this shell|entry other\.cjs with the settings of this shell); /);
        assert.match(config.source, reason);
        const why = JSON.parse((await monitoring(['why', 'metric', 'x.y', '--json', ...args], more)).stdout);
        assert.equal(why.source, config.source);
      });
    }

    it('test metric writes where this shell says, and says so before it does', async () => {
      const own = await LocalAws.start();
      try {
        const names = { OTEL_SERVICE_NAME: 'checkout', AWS_ENDPOINT_URL: own.studio.url };
        const { status, stdout } = await monitoring(['test', 'metric'], names);
        assert.equal(status, 0, stdout);
        assert.match(
          stdout,
          new RegExp(`^test metric of checkout in us-west-2, to ${own.studio.url}/? \\(settings of this`),
        );
        assert.deepEqual([posts().length, await own.metricNames()], [0, ['monitoring.test']]);
      } finally {
        await own.close();
      }
    });

    it('--offline asks no process but the one that --pid names', async () => {
      const subject = async (...args: string[]) =>
        JSON.parse((await monitoring(['doctor', '--json', '--offline', ...args])).stdout).subject.pid;
      assert.deepEqual([await subject(), await subject('--pid', String(pid))], [undefined, pid]);
    });

    it('the process is taken by its service, by its entry and by its pid, whatever this shell says', async () => {
      const source = async (args: string[], more: Record<string, string> = {}) =>
        JSON.parse((await monitoring(['config', '--json', ...args], more)).stdout).source;
      for (const [args, more] of [
        [[], {}],
        [['--service', 'shop'], { OTEL_SERVICE_NAME: 'checkout' }],
        [['--app', entry], {}],
        [['--pid', String(pid)], { OTEL_SERVICE_NAME: 'checkout', AWS_REGION: 'eu-west-1' }],
      ] as const)
        assert.equal(await source([...args], more), `running process ${pid}`, args.join(' '));
    });

    it('a pid and another name that contradict each other are refused', async () => {
      const { status, stderr } = await monitoring(['test', 'metric', '--pid', String(pid), '--service', 'checkout']);
      assert.equal(status, 2);
      assert.match(stderr, /process \d+ is another one: its service is shop, --service says checkout/);
      assert.equal(posts().length, 0);
    });

    for (const command of [['doctor'], ['test', 'metric'], ['why', 'metric', 'x.y'], ['config']]) {
      it(`${command[0]} lists the processes when several may be meant, and asks and writes nothing`, async () => {
        const second = await running('graceful.cjs');
        const { status, stdout, stderr } = await monitoring(command);
        assert.deepEqual([status, stdout], [2, '']);
        assert.match(stderr, /2 running processes may be meant: --pid or --service names one/);
        assert.match(
          stderr,
          new RegExp(`process ${pid}: service shop, entry .*express5\\.cjs, region us-west-2, up \\d+ s`),
        );
        assert.match(stderr, new RegExp(`process ${second}: service shop, entry .*graceful\\.cjs`));
        assert.equal(posts().length, 0);
      });
    }
  });

  it('doctor names what a running application loaded before the preload, and nothing else', async () => {
    await running('express5.cjs', ['--require', 'express', '--require', '@org/monitoring/register']);
    const { status, stdout } = await monitoring(['doctor', '--json']);
    const report: Report = JSON.parse(stdout);
    assert.equal(status, 1);
    const failures = report.checks.filter(({ state }) => state === 'failed');
    assert.deepEqual(
      failures.map(({ id }) => id),
      ['MON-LOAD-001'],
    );
    assert.match(failures[0]?.says ?? '', /^express.* loaded before the preload$/);
  });

  it('doctor writes one of each with --write-probe, and reads back what can be read', async () => {
    const ids = ['MON-METR-003', 'MON-LOGS-004', 'MON-XRAY-004'];
    const { status, stdout } = await monitoring(['doctor', '--write-probe', '--wait', '5', '--json', '--only', ...ids]);
    const report: Report = JSON.parse(stdout);
    assert.equal(status, 0, stdout);
    assert.deepEqual(
      report.checks.map(({ id, state }) => `${id} ${state}`),
      ids.map((id) => `${id} pass`).sort((a, b) => order(a) - order(b)),
    );
    assert.deepEqual(await world.aws.metricNames(), ['monitoring.test']);
    assert.equal((await world.aws.errors()).length, 1);
    assert.deepEqual(
      (await world.aws.spans()).map(({ name }) => name),
      ['monitoring test trace'],
    );
    const seen = report.checks
      .flatMap(({ evidence }) => evidence ?? [])
      .filter((line) => /seen after \d+ ms/.test(line));
    assert.equal(seen.length, 3, 'the metric, the error and the trace');
  });

  const order = (line: string) => ['MON-LOGS', 'MON-METR', 'MON-XRAY'].findIndex((area) => line.startsWith(area));

  for (const kind of ['metric', 'error', 'trace']) {
    it(`test ${kind} sends one, and ends with 0 when AWS took it`, async () => {
      const { status, stdout, stderr } = await monitoring(['test', kind]);
      assert.deepEqual([status, stderr], [0, ''], stdout);
      assert.match(stdout, /sent 1\n {2}taken after \d+ ms/);
      const calls = world.aws.studio.store.calls.list().filter(({ status: code, items }) => code === 200 && items > 0);
      assert.equal(calls.length, 1, 'that one, and nothing more');
    });

    it(`test ${kind} ends with 1 and the words of AWS when it is denied`, async () => {
      world.aws.studio.faults.add({ kind: 'denied' });
      const { status, stdout } = await monitoring(['test', kind, '--timeout', '2']);
      assert.equal(status, 1);
      assert.match(stdout, /not taken within \d+ ms[\s\S]*AccessDenied[\s\S]*not\s+authorized\s+to\s+perform/);
    });
  }

  it('test error has the running process capture and deliver it, with credentials that this shell does not have', async () => {
    const pid = await running('express5.cjs');
    const keyless = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const { status, stdout } = await monitoring(['test', 'error'], keyless);
    assert.equal(status, 0, stdout);
    assert.match(
      stdout,
      new RegExp(`taken after \\d+ ms\\n {2}by process ${pid}; proves the way of process ${pid}: its capture`),
    );
    const [event] = await world.aws.errors();
    assert.equal(event?.attributes.exception.type, 'MonitoringTestError');
  });

  it('test error says what is proven without a running process', async () => {
    const { stdout } = await monitoring(['test', 'error']);
    assert.match(
      stdout,
      /by this shell; proves the settings, network and credentials of this shell; not that the application/,
    );
  });

  it("test metric sends a metric of one's own, as the guide's script did", async () => {
    const own = ['--namespace', 'ExperimentationPlatform', '--name', 'TestMetric', '--value', '100', '--unit', 'count'];
    const { status, stdout } = await monitoring(['test', 'metric', ...own, '--wait', '5']);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /readable \d+ ms later \(GetMetricData ExperimentationPlatform TestMetric\)/);
    const { metrics } = await world.aws.get<{ metrics: Record<string, unknown>[] }>('/api/metrics?limit=10');
    assert.match(JSON.stringify(metrics), /"namespace":"ExperimentationPlatform","name":"TestMetric".*"unit":"Count"/);
    for (const [option, value] of [
      ['--value', 'many'],
      ['--unit', 'Counts'],
      ['--name', ''],
      ['--namespace', 'AWS/EC2'],
    ] as const)
      assert.equal((await monitoring(['test', 'metric', option, value])).status, 2, option);
  });

  it('test says that there is no destination', async () => {
    const { status, stdout } = await monitoring(['test', 'metric'], { OTEL_METRICS_EXPORTER: 'none' });
    assert.equal(status, 1);
    assert.match(stdout, /no destination/);
  });

  it('why metric stops at what is there, at a wrong namespace, at a wrong name', async () => {
    await monitoring(['test', 'metric'], { MONITORING_NAMESPACE: 'Shop' });
    const there = await monitoring(['why', 'metric', 'monitoring.test'], { MONITORING_NAMESPACE: 'Shop' });
    assert.equal(there.status, 0, there.stdout);
    assert.match(there.stdout, /✓ CloudWatch, namespace Shop: 1 series of shop; last data of 20/);
    const elsewhere = await monitoring(['why', 'metric', 'monitoring.test']);
    assert.equal(elsewhere.status, 1);
    assert.match(elsewhere.stdout, /✗ other namespaces: it is in Shop, not in shop/);
    const misnamed = await monitoring(['why', 'metric', 'http.server.duration']);
    assert.equal(misnamed.status, 1);
    assert.match(
      misnamed.stdout,
      /✗ name: nobody makes http\.server\.duration\n.*\n.*remedy: monitoring why metric http\.server\.request\.duration/,
    );
  });

  it('why stops at a destination that is switched off', async () => {
    const { status, stdout } = await monitoring(['why', 'metric', 'container.cpu.usage'], {
      OTEL_METRICS_EXPORTER: 'none',
    });
    assert.equal(status, 1);
    assert.match(stdout, /✗ destination: no metrics are sent: OTEL_METRICS_EXPORTER is none/);
  });

  it('why metric stops at what holds a running application up', async () => {
    world.aws.studio.faults.add({ kind: 'denied', service: 'cloudwatch', action: 'PutMetricData' });
    const app = world.start('express5.cjs', {
      env: env({ OTEL_METRIC_EXPORT_INTERVAL: '200', OTEL_METRIC_EXPORT_TIMEOUT: '200' }),
    });
    await app.url();
    while (!app.stderr.includes('AccessDenied')) await new Promise((resolve) => setTimeout(resolve, 20));
    const { status, stdout } = await monitoring(['why', 'metric', 'container.cpu.usage']);
    assert.equal(status, 1, stdout);
    assert.match(stdout, /✗ running application: held up on the way to cloudwatch: AccessDenied/);
  });

  it('why error finds the event by its fingerprint', async () => {
    const sent = await monitoring(['test', 'error', '--json']);
    const { key } = JSON.parse(sent.stdout);
    const { status, stdout } = await monitoring(['why', 'error', key]);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /✓ log group \/shop\/errors: 1 events\n.*MonitoringTestError/);
    assert.equal((await monitoring(['why', 'error', '0123456789abcdef'])).status, 2, 'others have arrived: no telling');
  });

  it('why error says that no error has ever arrived', async () => {
    const { status, stdout } = await monitoring(['why', 'error', '0123456789abcdef']);
    assert.equal(status, 1);
    assert.match(stdout, /no error (?:at all )?has arrived/);
  });

  it('why trace stops at a header that was not sampled, at an age, at no id', async () => {
    const now = Math.floor(Date.now() / 1000).toString(16);
    for (const [what, line] of [
      [`Root=1-${now}-90eb674388259cde0b827598;Sampled=0`, /the header says that it is not sampled/],
      [`00-${now}90eb674388259cde0b827598-53995c3f42cd8ad8-00`, /the header says that it is not sampled/],
      ['1-5e1b4151-5ac6c58f5b5dbf7f2c1d5a4f', /X-Ray takes nothing older than 14 days/],
      ['abc', /abc is no trace id/],
    ] as const) {
      const { status, stdout } = await monitoring(['why', 'trace', what]);
      assert.equal(status, 1, stdout);
      assert.match(stdout, line);
    }
  });

  it('test trace reads the trace back, and why trace finds it by either notation of its id', async () => {
    const { status, stdout } = await monitoring(['test', 'trace', '--wait', '5']);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /taken after \d+ ms\n.*readable \d+ ms later \(FilterLogEvents aws\/spans\)/);
    const id = (await world.aws.spans())[0]?.traceId ?? '';
    for (const text of [id, `1-${id.slice(0, 8)}-${id.slice(8)}`]) {
      const found = await monitoring(['why', 'trace', text]);
      assert.equal(found.status, 0, found.stdout);
      assert.match(found.stdout, /✓ spans in CloudWatch Logs: 1 spans/);
    }
  });

  it('why trace finds by an error of the request that it was not sampled', async () => {
    const app = world.start('express5.cjs', { env: env({ OTEL_TRACES_SAMPLER: 'always_off' }) });
    const url = await app.url();
    await (await fetch(`${url}/thrown`)).text();
    let errors = await world.aws.errors();
    while (errors.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      errors = await world.aws.errors();
    }
    const { status, stdout } = await monitoring(['why', 'trace', errors[0]?.xrayTraceId ?? '']);
    assert.equal(status, 1, stdout);
    assert.match(stdout, /✗ errors with this id: the request was not sampled/);
  });

  it('explain tells of a check without asking anybody, and lists them all', async () => {
    const one = await monitoring(['explain', 'mon-perm-001'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    assert.deepEqual([one.status, one.stderr], [0, '']);
    assert.match(
      one.stdout,
      /^MON-PERM-001 {2}Metrics may be put\n[\s\S]*remedy: [\s\S]*Seen as: No metrics in CloudWatch/,
    );
    const all = await monitoring(['explain']);
    assert.ok((all.stdout.match(/MON-\w+-\d{3} /g)?.length ?? 0) > 35);
    assert.equal((await monitoring(['explain', 'MON-NO-001'])).status, 2);
  });
});
