import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dashboardKind } from '../../src/cli/dashboards/dashboard-kind.js';
import { findTarget } from '../../src/cli/target.js';
import type { FaultRule } from '../../src/studio/faults.js';
import { runningStudio } from '../studio/running.js';
import { environmentFor, monitoring, type Run, SERVICE } from './run-command.js';

const NAMES = ['Shop-api-performance', 'Shop-errors', 'Shop-system-health'];
const TEXT = { type: 'text', properties: { markdown: '# mine' } };

describe('monitoring dashboards', () => {
  const studio = runningStudio();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-dashboards-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]): Promise<Run> =>
    monitoring(['dashboards', ...args], { env: environmentFor(studio()) });
  const file = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const deployed = (): string[] =>
    studio()
      .store.dashboards.list()
      .map(([name]) => name);
  const bodyOf = (name: string) => JSON.parse(studio().store.dashboards.get(name)?.body ?? 'null');
  const puts = (): number =>
    studio()
      .store.calls.list()
      .filter(({ action }) => action === 'PutDashboard').length;
  const fault = (rule: FaultRule) => studio().faults.add(rule);

  describe('deploy', () => {
    it('puts the three dashboards, filled, and a second time does nothing', async () => {
      const first = await run('deploy');
      assert.deepEqual(first, { status: 0, stdout: NAMES.map((name) => `created    ${name}\n`).join(''), stderr: '' });
      assert.deepEqual(deployed(), NAMES);
      assert.doesNotMatch(JSON.stringify(NAMES.map(bodyOf)), /\{\{/);
      const second = await run('deploy');
      assert.deepEqual(second, { status: 0, stdout: NAMES.map((name) => `unchanged  ${name}\n`).join(''), stderr: '' });
      assert.equal(puts(), 3);
    });

    it('says at the end where the console shows them, unless the endpoint is another', async () => {
      const target = await findTarget({}, { ...SERVICE });
      const remarks = async (region: string, env: Record<string, string> = {}) =>
        dashboardKind.remarks([{ name: 'Shop-errors', document: {} }], {
          ...(await findTarget({}, { ...SERVICE, ...env })),
          region,
        });
      assert.deepEqual(await remarks(target.region), [
        'https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#dashboards/dashboard/Shop-errors',
      ]);
      assert.match((await remarks('cn-north-1'))[0] ?? '', /^https:\/\/cn-north-1\.console\.amazonaws\.cn\//);
      assert.match(
        (await remarks('us-gov-west-1'))[0] ?? '',
        /^https:\/\/us-gov-west-1\.console\.amazonaws-us-gov\.com\//,
      );
      assert.deepEqual(await remarks('us-west-2', { AWS_ENDPOINT_URL: 'http://127.0.0.1:4318' }), []);
    });

    it('does nothing when what is deployed differs in the order of keys and widgets only', async () => {
      await run('deploy', 'errors');
      const { widgets, ...rest } = bodyOf('Shop-errors');
      const body = JSON.stringify({ widgets: [...widgets].reverse(), ...rest });
      studio().store.dashboards.put('Shop-errors', { body, lastModified: 0 });
      assert.equal((await run('deploy', 'errors')).stdout, 'unchanged  Shop-errors\n');
    });

    it('puts back what was changed, and says how much', async () => {
      await run('deploy', 'errors');
      const body = bodyOf('Shop-errors');
      body.widgets[1].properties.title = 'Later';
      body.start = '-P7D';
      studio().store.dashboards.put('Shop-errors', { body: JSON.stringify(body), lastModified: 0 });
      const { status, stdout } = await run('deploy', 'errors');
      assert.deepEqual([status, stdout], [0, 'updated    Shop-errors (3 changes)\n']);
      assert.equal(bodyOf('Shop-errors').start, '-PT3H');
    });

    it('does not replace a dashboard that is not ours, nor deploy the others, without --force', async () => {
      studio().store.dashboards.put('Shop-errors', { body: JSON.stringify({ widgets: [TEXT] }), lastModified: 0 });
      const refused = await run('deploy');
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /^Shop-errors is there and was not deployed by this command: --force replaces it/m);
      assert.deepEqual(deployed(), ['Shop-errors']);
      const forced = await run('deploy', '--force');
      assert.equal(forced.status, 0);
      assert.deepEqual(deployed(), NAMES);
      assert.match(JSON.stringify(bodyOf('Shop-errors')), /Managed by @org\/monitoring/);
    });

    it('does nothing with --dry-run but say what it would do', async () => {
      await run('deploy', 'errors');
      const body = bodyOf('Shop-errors');
      studio().store.dashboards.put('Shop-errors', {
        body: JSON.stringify({ ...body, start: '-P1D' }),
        lastModified: 0,
      });
      const { status, stdout } = await run('deploy', 'errors', 'system-health', '--dry-run');
      assert.equal(status, 0);
      assert.equal(
        stdout,
        'Shop-errors: would be updated\n  ~ start: "-P1D" → "-PT3H"\nShop-system-health: would be created\n',
      );
      assert.equal(puts(), 1);
    });

    it('takes files and folders of the user’s, fills them and marks them as ours', async () => {
      mkdirSync(join(folder, 'more'));
      writeFileSync(join(folder, 'more', 'b.json'), JSON.stringify({ widgets: [] }));
      writeFileSync(join(folder, 'more', 'notes.txt'), 'not a dashboard');
      const own = file('own.json', { widgets: [{ ...TEXT, x: 0, y: 4, width: 6, height: 3 }], start: '-PT1H' });
      const { status, stdout } = await run('deploy', own, join(folder, 'more'), '--prefix', 'x-');
      assert.deepEqual([status, stdout], [0, 'created    x-own\ncreated    x-b\n']);
      const mark = bodyOf('x-own').widgets[1];
      assert.deepEqual([mark.type, mark.x, mark.y, mark.width], ['text', 0, 7, 24]);
      assert.match(mark.properties.markdown, /Managed by @org\/monitoring/);
      assert.equal(
        (await run('deploy', own, join(folder, 'more'), '--prefix', 'x-')).stdout,
        'unchanged  x-own\nunchanged  x-b\n',
      );
    });

    it('deploys nothing when one file is invalid', async () => {
      const bad = file('bad.json', { widgets: [{ type: 'text', properties: {} }] });
      const { status, stderr } = await run('deploy', 'errors', bad);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /^error .*bad\.json:1:\d+: \/widgets\/0\/properties: Should have required property 'markdown'$/m,
      );
      assert.match(stderr, /^nothing was deployed: CloudWatch would refuse Shop-bad$/m);
      assert.deepEqual(deployed(), []);
    });

    it('shows what CloudWatch says of a dashboard that it takes', async () => {
      const odd = file('odd.json', {
        widgets: [{ type: 'metric', properties: { region: 'us-west-2', metrics: [['N', 'm', { color: 'red' }]] } }],
      });
      const { status, stdout, stderr } = await run('deploy', odd);
      assert.deepEqual([status, stdout], [0, 'created    Shop-odd\n']);
      assert.match(
        stderr,
        /^warning .*odd\.json:1:\d+: \/widgets\/0\/properties\/metrics\/0\/color: Should match pattern/m,
      );
    });

    it('shows what CloudWatch has against a dashboard that passed here', async () => {
      const found = [{ dataPath: '/widgets/1/properties/metrics/0', message: 'Should NOT have more than 2 items' }];
      const server = await refusing({
        __type: 'com.amazonaws.cloudwatch.v2010_08_01#DashboardInvalidInputError',
        message: `The dashboard body is invalid, there is 1 validation errors:\n${JSON.stringify(found)}`,
        dashboardValidationMessages: found.map(({ dataPath, message }) => ({ DataPath: dataPath, Message: message })),
      });
      const env = { ...environmentFor(studio()), AWS_ENDPOINT_URL: server.url };
      const { status, stdout, stderr } = await monitoring(['dashboards', 'deploy', 'errors'], { env });
      server.close();
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, /^CloudWatch refuses Shop-errors:$/m);
      assert.match(
        stderr,
        /^error dashboards\/errors\.json:\d+:\d+: \/widgets\/1\/properties\/metrics\/0: Should NOT have more than 2 items$/m,
      );
    });

    it('repeats calls that are throttled', async () => {
      fault({ kind: 'throttle', action: 'PutDashboard', times: 1 });
      const { status, stdout } = await run('deploy', 'errors');
      assert.deepEqual([status, stdout], [0, 'created    Shop-errors\n']);
    }).timeout(30_000);

    it('names the action that is denied, and the remedy', async () => {
      fault({ kind: 'denied', action: 'PutDashboard' });
      const { status, stdout, stderr } = await run('deploy', 'errors');
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(
        stderr,
        /^monitoring: AccessDenied\w*: .*cloudwatch:PutDashboard.*`monitoring iam-policy --for deploy` prints/m,
      );
    });

    for (const [kind, expected] of [
      ['expired-token', /renew the credentials/],
      ['reset', /did not answer as it should/],
    ] as const) {
      it(`says in one line what to do about ${kind}`, async () => {
        fault({ kind, service: 'cloudwatch' });
        const { status, stderr } = await run('deploy', 'errors');
        assert.equal(status, 2);
        assert.match(stderr.trim(), expected);
        assert.equal(stderr.trim().split('\n').length, 1);
      }).timeout(60_000);
    }

    it('asks for a region when there is none', async () => {
      const { AWS_REGION: _, ...env } = environmentFor(studio(), { AWS_CONFIG_FILE: join(folder, 'none') });
      const { status, stderr } = await monitoring(['dashboards', 'deploy'], { env });
      assert.deepEqual(
        [status, stderr],
        [2, 'monitoring: no AWS region: set AWS_REGION, give --region, or set one in the profile\n'],
      );
    });

    it('warns of what stays empty, and deploys nevertheless', async () => {
      const env = environmentFor(studio(), { MONITORING_METRIC_DIMENSIONS: 'lite' });
      const { status, stderr } = await monitoring(['dashboards', 'deploy', 'errors'], { env });
      assert.equal(status, 0);
      assert.match(stderr, /^warning dashboards\/errors\.json:\d+:\d+: .*"Failing part by route, %" stays empty/m);
      assert.deepEqual(deployed(), ['Shop-errors']);
    });
  });

  describe('diff', () => {
    it('exits with 1 for what is not deployed and with 0 when all is', async () => {
      const before = await run('diff', 'errors');
      assert.deepEqual([before.status, before.stdout], [1, 'Shop-errors: not deployed\n']);
      await run('deploy', 'errors');
      const after = await run('diff', 'errors');
      assert.deepEqual([after.status, after.stdout], [0, 'Shop-errors: deployed as it is here\n']);
    });

    it('names what differs by the titles of widgets', async () => {
      await run('deploy', 'errors');
      const body = bodyOf('Shop-errors');
      body.widgets = body.widgets.filter(
        ({ properties }: { properties: { title?: string } }) => properties.title !== 'Latest errors',
      );
      body.widgets.push(TEXT);
      body.widgets[1].height = 5;
      studio().store.dashboards.put('Shop-errors', { body: JSON.stringify(body), lastModified: 0 });
      const { status, stdout } = await run('diff', 'errors');
      assert.equal(status, 1);
      assert.deepEqual(stdout.trim().split('\n'), [
        'Shop-errors: differs from what is deployed',
        '  ~ widgets["Now"].height: 5 → 4',
        '  - widgets["# mine"]',
        '  + widgets["Latest errors"]',
      ]);
      const { stdout: json } = await run('diff', 'errors', '--json');
      assert.deepEqual(
        JSON.parse(json)[0].changes.map(({ path }: { path: string }) => path),
        ['widgets["Now"].height', 'widgets["# mine"]', 'widgets["Latest errors"]'],
      );
    });

    it('colours on a terminal, unless NO_COLOR is set', async () => {
      const env = environmentFor(studio());
      const bold = '\u001b[1m';
      const shown = await monitoring(['dashboards', 'diff', 'errors'], { env, columns: 40 });
      assert.ok(shown.stdout.includes(bold));
      const plain = await monitoring(['dashboards', 'diff', 'errors'], { env: { ...env, NO_COLOR: '1' }, columns: 40 });
      assert.ok(!plain.stdout.includes('\u001b'));
    });
  });

  describe('delete', () => {
    it('deletes what is ours and is there', async () => {
      await run('deploy', 'errors', 'system-health');
      const dry = await run('delete', '--dry-run');
      assert.equal(
        dry.stdout,
        'not there    Shop-api-performance\nwould delete Shop-errors\nwould delete Shop-system-health\n',
      );
      assert.equal(deployed().length, 2);
      const { status } = await run('delete');
      assert.equal(status, 0);
      assert.deepEqual(deployed(), []);
      assert.equal((await run('delete')).status, 0);
    });

    it('deletes nothing when one is not ours, without --force', async () => {
      await run('deploy', 'system-health');
      studio().store.dashboards.put('Shop-errors', { body: '{"widgets":[]}', lastModified: 0 });
      const { status, stderr } = await run('delete');
      assert.equal(status, 1);
      assert.match(stderr, /^Shop-errors was not deployed by this command: --force deletes it$/m);
      assert.deepEqual(deployed(), ['Shop-errors', 'Shop-system-health']);
      await run('delete', '--force');
      assert.deepEqual(deployed(), []);
    });

    it('deletes one whose file is gone, by its name', async () => {
      const path = file('old.json', { widgets: [] });
      await run('deploy', path);
      assert.deepEqual(deployed(), ['Shop-old']);
      rmSync(path);
      assert.equal((await run('delete', 'old')).stdout, 'deleted      Shop-old\n');
      assert.deepEqual(deployed(), []);
    });
  });

  describe('list', () => {
    it('says which are deployed, and what else has the prefix', async () => {
      await run('deploy', 'errors');
      studio().store.dashboards.put('Shop-api-performance', { body: '{"widgets":[]}', lastModified: 0 });
      studio().store.dashboards.put('Shop-other', { body: '{"widgets":[]}', lastModified: 0 });
      const { stdout } = await run('list', '--json');
      assert.deepEqual(
        JSON.parse(stdout).map(({ name, state }: { name: string; state: string }) => [name, state]),
        [
          ['Shop-api-performance', 'name taken by another'],
          ['Shop-errors', 'deployed'],
          ['Shop-system-health', 'not deployed'],
          ['Shop-other', 'deployed, no file here'],
        ],
      );
      assert.match(
        (await run('list')).stdout,
        /^Shop-errors {11}deployed {16}dashboards\/errors\.json +Errors, 10 widgets$/m,
      );
    });

    it('asks nobody with --offline', async () => {
      const { status, stdout } = await run('list', '--offline');
      assert.equal(status, 0);
      assert.match(stdout, /^Shop-errors +not asked/m);
      assert.equal(studio().store.calls.list().length, 0);
    });
  });

  describe('validate', () => {
    it('finds the three valid, without a region or credentials', async () => {
      const { status, stdout, stderr } = await monitoring(['dashboards', 'validate'], {
        env: { OTEL_SERVICE_NAME: 'a' },
      });
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal(stdout.match(/: valid$/gm)?.length, 3);
    });

    for (const [text, line, column, message] of [
      ['{\n  "widgets": [\n    {},\n  ]\n}', 4, 3, 'not JSON: "]" is not expected here'],
      ['{"widgets": [', 1, 14, 'not JSON: it ends before it is complete'],
      ['', 1, 1, 'not JSON: it ends before it is complete'],
      ['{"widgets": [tru]}', 1, 14, 'not JSON: "tru" is not expected here'],
      ['\uFEFF{"widgets": []}}', 1, 16, 'not JSON: "}" is not expected here'],
      ['{"widgets": "a\nb"}', 1, 13, 'not JSON: a text is not closed, or holds what must be escaped'],
      ['{"a": 1} // no', 1, 10, 'not JSON: "/" is not expected here'],
      ['{"widgets": [1 2]}', 1, 16, 'not JSON: "2" is not expected here'],
    ] as const) {
      it(`says where ${JSON.stringify(text)} is no JSON`, async () => {
        const { status, stdout } = await run('validate', file('x.json', text));
        assert.equal(status, 1);
        assert.match(stdout, new RegExp(`^error .*x\\.json:${line}:${column}: `));
        assert.ok(stdout.trimEnd().endsWith(message), stdout);
      });
    }

    it('gives the place of each finding, and exits with 0 for mere warnings', async () => {
      const path = file('x.json', '{\n  "widgets": [],\n  "start": "{{nmespace}}",\n  "start": "-PT1H"\n}');
      const { status, stdout } = await run('validate', path);
      assert.equal(status, 0);
      assert.match(stdout, /^warning .*x\.json:4:3: \/start: "start" is there twice: the last one counts$/m);
    });

    it('names placeholders that stand for nothing', async () => {
      const { stdout } = await run('validate', file('x.json', { widgets: [], start: '{{nmespace}}' }));
      assert.match(stdout, /^warning .*x\.json: \{\{nmespace\}\} is filled by nothing; there are \{\{namespace\}\}/m);
    });

    for (const [limit, accepted, refused, message] of [
      [
        '500 widgets',
        { widgets: times(499, TEXT) },
        { widgets: times(500, TEXT) },
        /Should NOT have more than 500 items/,
      ],
      [
        '500 metrics in a widget',
        { widgets: [graph(500)] },
        { widgets: [graph(501)] },
        /Should NOT have more than 500 items/,
      ],
      [
        '2500 metrics in all',
        { widgets: times(5, graph(500)) },
        { widgets: [...times(5, graph(500)), graph(1)] },
        /Should NOT have more than 2500 metrics/,
      ],
    ] as const) {
      it(`accepts ${limit}, the mark included, and refuses one more`, async () => {
        assert.equal((await run('validate', file('x.json', accepted))).status, 0);
        const { status, stdout } = await run('validate', file('x.json', refused));
        assert.equal(status, 1);
        assert.match(stdout, message);
      });
    }

    it('accepts a name of 255 characters and refuses 256, and characters that no name has', async () => {
      const path = file('x.json', { widgets: [] });
      assert.equal((await run('validate', path, '--prefix', 'p'.repeat(254))).status, 0);
      assert.equal((await run('validate', path, '--prefix', 'p'.repeat(255))).status, 1);
      const { stdout } = await run('validate', path, '--prefix', 'a b');
      assert.match(stdout, /"a bx" is no name for a dashboard/);
    });

    it('suggests the nearest built-in dashboard for a slip, and names what there is', async () => {
      const { status, stderr } = await run('validate', 'eror');
      assert.equal(status, 2);
      assert.match(
        stderr,
        /^monitoring: there is no file eror, .*\(api-performance, errors, system-health\); did you mean errors\?$/m,
      );
    });

    it('refuses two files of one name', async () => {
      const { status, stderr } = await run('validate', 'errors', file('errors.json', { widgets: [] }));
      assert.equal(status, 2);
      assert.match(stderr, /would be deployed under one name/);
    });
  });

  describe('render', () => {
    it('prints one body as it is, several by name', async () => {
      const one = JSON.parse((await run('render', 'errors')).stdout);
      assert.equal(one.widgets.length, 10);
      const all = JSON.parse((await run('render')).stdout);
      assert.deepEqual(Object.keys(all), NAMES);
      assert.deepEqual(all['Shop-errors'], one);
    });

    it('prints what deploy puts', async () => {
      await run('deploy', 'errors');
      assert.deepEqual(JSON.parse((await run('render', 'errors')).stdout), bodyOf('Shop-errors'));
    });

    it('prints a CloudFormation template', async () => {
      const template = JSON.parse(
        (await run('render', 'errors', 'system-health', '--format', 'cloudformation')).stdout,
      );
      assert.equal(template.AWSTemplateFormatVersion, '2010-09-09');
      assert.deepEqual(Object.keys(template.Resources), ['ShopErrors', 'ShopSystemHealth']);
      const { Type, Properties } = template.Resources.ShopErrors;
      assert.equal(Type, 'AWS::CloudWatch::Dashboard');
      assert.equal(Properties.DashboardName, 'Shop-errors');
      assert.equal(JSON.parse(Properties.DashboardBody).widgets.length, 10);
    });

    it('prints Terraform’s JSON with templates of its own kept literal', async () => {
      const { stdout } = await run('render', 'api-performance', '--format', 'terraform');
      const { resource } = JSON.parse(stdout);
      const { dashboard_name, dashboard_body } = resource.aws_cloudwatch_dashboard.Shop_api_performance;
      assert.equal(dashboard_name, 'Shop-api-performance');
      assert.ok(dashboard_body.includes("$${PROP('Dim.http.route')}"));
      assert.doesNotMatch(dashboard_body, /(?<!\$)\$\{/);
      const body = JSON.parse(dashboard_body.replaceAll('$${', '${'));
      assert.deepEqual(body, JSON.parse((await run('render', 'api-performance')).stdout));
    });

    it('fills what the options say', async () => {
      const options = [
        '--service',
        'cart',
        '--environment',
        'dev',
        '--namespace',
        'Other',
        '--region',
        'eu-west-1',
        '--log-group',
        '/cart',
      ];
      const { stdout } = await run('render', 'errors', ...options);
      const body = JSON.parse(stdout);
      const defaults = body.variables.map(({ defaultValue }: { defaultValue: string }) => defaultValue);
      assert.deepEqual(defaults, ['cart', 'dev', 'eu-west-1', '/cart']);
      assert.match(stdout, /"Other"/);
    });

    it('names the service as the application would, from package.json when nothing else says it', async () => {
      const { OTEL_SERVICE_NAME: _, OTEL_RESOURCE_ATTRIBUTES: __, ...env } = SERVICE;
      const body = JSON.parse((await monitoring(['dashboards', 'render', 'errors'], { env })).stdout);
      assert.equal(body.variables[0].defaultValue, '@org/monitoring');
      assert.equal(body.variables[1].defaultValue, 'generic:default');
    });
  });
});

function times<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}

function graph(count: number) {
  return { type: 'metric', properties: { region: 'us-west-2', metrics: times(count, ['AWS/EC2', 'CPUUtilization']) } };
}

/** A service that has no dashboard, and refuses every one with this body. */
async function refusing(body: object): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const get = String(request.headers['x-amz-target']).endsWith('.GetDashboard');
    request.resume().on('end', () => {
      response.writeHead(get ? 404 : 400, { 'content-type': 'application/x-amz-json-1.0' });
      const missing = { __type: 'com.amazonaws.cloudwatch.v2010_08_01#DashboardNotFoundError', message: 'not there' };
      response.end(JSON.stringify(get ? missing : body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
