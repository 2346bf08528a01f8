import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const ROOT = join(__dirname, '../..');
const FOLDER = join(ROOT, 'collector-config');
const EXAMPLES = join(ROOT, 'examples/collector');
const KINDS = ['receivers', 'processors', 'exporters', 'extensions'] as const;
const IMAGE = 'otel/opentelemetry-collector-contrib';

type Configuration = Record<(typeof KINDS)[number], Record<string, unknown>> & {
  service: { extensions?: string[]; pipelines: Record<string, Record<string, string[]>> };
};

const text = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml') && file !== 'builder.yaml');
const configurations = new Map<string, Configuration>(FILES.map((file) => [file, parse(text(file))]));
const manifest = parse(text('builder.yaml'));

/** The variables that a configuration reads. */
const variablesOf = (file: string): string[] =>
  [...new Set([...text(file).matchAll(/\$\{env:(\w+)/g)].map(([, name]) => name ?? ''))].sort();

describe('the manifest of the Collector', () => {
  for (const kind of KINDS) {
    it(`has the ${kind} that the configurations use, and no other`, () => {
      const used = [...configurations.values()].flatMap((configuration) => Object.keys(configuration[kind] ?? {}));
      const types = new Set(used.map((id) => (id.split('/')[0] ?? '').replaceAll('_', '')));
      const suffix = new RegExp(`${kind.slice(0, -1)}$`);
      const modules: string[] = manifest[kind].map(({ gomod }: { gomod: string }) =>
        (gomod.split(' ')[0]?.split('/').at(-1) ?? '').replace(suffix, ''),
      );
      assert.deepEqual([...types].sort(), modules.sort());
    });
  }

  it('names the version of each module, none newer than the distribution', () => {
    const modules: { gomod: string }[] = KINDS.flatMap((kind) => manifest[kind]);
    for (const { gomod } of modules) {
      const version = / v0\.(\d+)\.0$/.exec(gomod)?.[1];
      assert.ok(Number(version) <= Number(manifest.dist.version.split('.')[1]), gomod);
    }
  });
});

describe('the configurations of the Collector', () => {
  for (const [file, { service, ...components }] of configurations) {
    it(`use in ${file} what they define, and define what they use`, () => {
      const used = {
        receivers: Object.values(service.pipelines).flatMap(({ receivers }) => receivers ?? []),
        processors: Object.values(service.pipelines).flatMap(({ processors }) => processors ?? []),
        exporters: Object.values(service.pipelines).flatMap(({ exporters }) => exporters ?? []),
        extensions: service.extensions ?? [],
      };
      for (const kind of KINDS) {
        assert.deepEqual([...new Set(used[kind])].sort(), Object.keys(components[kind] ?? {}).sort(), kind);
      }
    });

    it(`limit memory first in every pipeline of ${file}`, () => {
      for (const { processors } of Object.values(service.pipelines)) assert.equal(processors?.[0], 'memory_limiter');
    });

    it(`list in ${file} each variable that is read`, () => {
      const listed = [...text(file).matchAll(/^# \| ([A-Z_]+) +\|/gm)].map(([, name]) => name ?? '');
      assert.deepEqual(listed.sort(), variablesOf(file));
    });

    it(`listen on loopback in ${file} unless told otherwise`, () => {
      const listening = [...text(file).matchAll(/^ +endpoint: (.+)$/gm)].map(([, address]) => address ?? '');
      assert.ok(listening.length > 0);
      for (const address of listening) assert.match(address, /^\$\{env:COLLECTOR_\w+:-127\.0\.0\.1:\d+\}$/);
    });
  }
});

describe('the examples of the Collector', () => {
  const example = (file: string): string => readFileSync(join(EXAMPLES, file), 'utf8');
  const known = new Set([
    ...FILES.flatMap(variablesOf),
    'COLLECTOR_CONFIG',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
  ]);
  const assertCollector = (image: string, variables: readonly string[]) => {
    assert.equal(image, `${IMAGE}:${manifest.dist.version}`);
    assert.deepEqual(
      variables.filter((name) => !known.has(name)),
      [],
    );
  };

  it('mount in Compose what there is, and publish no port', () => {
    const { services } = parse(example('compose.yaml'));
    const { image, environment, volumes, command } = services.collector;
    assertCollector(image, Object.keys(environment));
    for (const volume of volumes) assert.ok(existsSync(join(EXAMPLES, volume.split(':')[0])), volume);
    assert.ok(command.includes('--config=/etc/otelcol/agent.yaml'));
    for (const service of Object.values<Record<string, unknown>>(services)) assert.equal(service.ports, undefined);
    assert.equal(services.app.environment.OTEL_EXPORTER_OTLP_ENDPOINT, 'http://collector:4318');
  });

  it('have in an ECS task an application and its Collector, within the limits of Fargate', () => {
    const task = JSON.parse(example('ecs-task.json'));
    const [app, collector] = task.containerDefinitions;
    assertCollector(
      collector.image,
      [...collector.environment, ...collector.secrets].map(({ name }: { name: string }) => name),
    );
    assert.deepEqual([task.networkMode, task.requiresCompatibilities], ['awsvpc', ['FARGATE']]);
    assert.deepEqual([task.cpu, task.memory], ['1024', '2048']);
    assert.deepEqual(app.dependsOn, [{ containerName: collector.name, condition: 'START' }]);
    // Fargate waits 120 s at most.
    for (const { stopTimeout } of task.containerDefinitions) assert.ok(stopTimeout <= 120);
    // A parameter of the advanced tier holds 8 KB.
    assert.ok(Buffer.byteLength(text('agent.yaml')) <= 8192);
  });

  it('give in Kubernetes every gateway the same list of the second tier’s pods, and each Collector a disk', () => {
    const objects = parseAllDocuments(example('kubernetes.yaml')).map((document) => {
      assert.deepEqual(document.errors, []);
      return document.toJS();
    });
    const named = (kind: string, name: string) =>
      objects.find((object) => object.kind === kind && object.metadata.name === name) ?? assert.fail(`${kind} ${name}`);
    for (const tier of ['gateway', 'sampling']) {
      const { spec } = named('StatefulSet', tier);
      const [container] = spec.template.spec.containers;
      assertCollector(
        container.image,
        container.env.map(({ name }: { name: string }) => name),
      );
      const file = /\/([\w-]+\.yaml)$/.exec(container.args[0])?.[1] ?? '';
      assert.ok(configurations.has(file), file);
      assert.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels);
      assert.deepEqual(named('Service', spec.serviceName).spec.selector, spec.template.metadata.labels);
      assert.equal(spec.volumeClaimTemplates[0].metadata.name, container.volumeMounts[1].name);
      assert.equal(container.volumeMounts[1].mountPath, '/var/lib/otelcol');
    }
    const gateway = named('StatefulSet', 'gateway').spec.template.spec.containers[0];
    const { value } = gateway.env.find(({ name }: { name: string }) => name === 'SAMPLING_TIER');
    const { replicas } = named('StatefulSet', 'sampling').spec;
    const pods = Array.from({ length: replicas }, (_, index) => `sampling-${index}.sampling:14317`);
    assert.deepEqual(parse(value), pods);
    assert.equal(named('Service', 'sampling').spec.clusterIP, 'None');
  });

  it('are where the page says', () => {
    const page = readFileSync(join(ROOT, 'docs/collector.md'), 'utf8');
    const links = [...page.matchAll(/\]\((\.\.?\/[^)#]+)\)/g)].map(([, path]) => path ?? '');
    assert.ok(links.length >= 5);
    for (const path of links) assert.ok(existsSync(join(dirname(join(ROOT, 'docs/collector.md')), path)), path);
  });
});
