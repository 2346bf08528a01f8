// Bundles the package into dist/: see docs/architecture.md for what each file is and who loads it.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { billOfMaterials } from './bill-of-materials.mjs';
import { bundledPackages } from './bundled-packages.mjs';
import { capturedRandom, nodeSdk } from './preload-plugins.mjs';
import { thirdPartyNotices } from './third-party-notices.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Packages of which the process must hold one copy: the preload and every lazily loaded instrumentation share it. */
const OTEL_SHARED = { '@opentelemetry/api': 'api', '@opentelemetry/core': 'core' };

/** What the exporters of HTTP in the worker's bundle and those of gRPC in a bundle of their own have in common. */
const OTLP_SHARED = {
  '@opentelemetry/otlp-exporter-base': 'base',
  '@opentelemetry/otlp-exporter-base/node-http': 'http',
  '@opentelemetry/otlp-transformer': 'transformer',
  '@opentelemetry/exporter-metrics-otlp-http': 'metrics',
  '@opentelemetry/sdk-metrics': 'sdkMetrics',
  '@opentelemetry/resources': 'resources',
};

/** The same, loaded with the first instrumentation that is made. */
const INSTRUMENTATION = '@opentelemetry/instrumentation';
/** What our own sources extend and construct of it. */
const INSTRUMENTATION_CLASSES = [
  'InstrumentationBase',
  'InstrumentationNodeModuleDefinition',
  'InstrumentationNodeModuleFile',
];

const exportsOf = async (name) => Object.keys(await import(name));

const OTEL_EXPORTS = Object.fromEntries(
  await Promise.all(
    [...Object.keys(OTEL_SHARED), ...Object.keys(OTLP_SHARED), INSTRUMENTATION].map(async (name) => [
      name,
      await exportsOf(name),
    ]),
  ),
);

/** What our sources take from the AWS SDK; one file of it serves the worker, the exporters and the command line. */
const AWS_SHARED = {
  '@aws-sdk/client-cloudwatch': [
    'CloudWatchClient',
    'PutMetricDataCommand',
    'GetMetricDataCommand',
    'GetMetricStatisticsCommand',
    'ListMetricsCommand',
    'PutDashboardCommand',
    'GetDashboardCommand',
    'ListDashboardsCommand',
    'DeleteDashboardsCommand',
    'DashboardInvalidInputError',
    'PutMetricAlarmCommand',
    'DescribeAlarmsCommand',
    'DeleteAlarmsCommand',
  ],
  '@aws-sdk/client-cloudwatch-logs': [
    'CloudWatchLogsClient',
    'CreateLogGroupCommand',
    'CreateLogStreamCommand',
    'PutLogEventsCommand',
    'PutRetentionPolicyCommand',
  ],
  '@aws-sdk/credential-providers': ['fromIni', 'fromNodeProviderChain'],
  '@smithy/core/config': ['loadConfig'],
  '@smithy/node-http-handler': ['NodeHttpHandler'],
  '@smithy/protocol-http': ['HttpRequest'],
  '@smithy/signature-v4': ['SignatureV4'],
  '@aws-crypto/sha256-js': ['Sha256'],
};

/** What ES module sources call `import.meta.url` in a CommonJS bundle. */
const FILE_URL = `const __fileUrl = require('node:url').pathToFileURL(__filename).href;`;

const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  // `import('node:http')` would read every export of it, and so load what Node loads late: its fetch, its HTTP/2, its loader of ES modules.
  supported: { 'dynamic-import': false },
  mainFields: ['module', 'main'],
  conditions: ['module', 'import'],
  define: { 'import.meta.url': '__fileUrl' },
  banner: { js: FILE_URL },
  logLevel: 'warning',
  legalComments: 'none',
  // Node prints the line out of which an uncaught error was thrown last: where ours passes on an application's error, not a whole bundle.
  lineLimit: 160,
  metafile: true,
};

/** Maps the packages of `shared` to `require(file)` (or one member of it) instead of bundling another copy. */
function sharedModules(names, moduleSource) {
  return {
    name: 'shared-modules',
    setup(esbuild) {
      const exact = new RegExp(`^(${names.map((name) => name.replace(/[/.-]/g, '\\$&')).join('|')})$`);
      // Each its own: a bundle may share both OpenTelemetry's and AWS's packages.
      const namespace = `shared-${names[0]}`;
      esbuild.onResolve({ filter: exact }, ({ path }) => ({ path, namespace }));
      esbuild.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
        contents: moduleSource(path),
        resolveDir: dist,
      }));
      esbuild.onResolve({ filter: /^\.\.?\/(\.\.\/)?(otel|otlp|aws-sdk|instrumentation|proxy)\.cjs$/ }, ({ path }) => ({
        path,
        external: true,
      }));
    },
  };
}

const fromHere = (outfile, target) => {
  const path = relative(dirname(outfile), join(dist, target));
  return path.startsWith('.') ? path : `./${path}`;
};
/** Packages as members of what `file` exports. */
const sharedMembers = (members, file) => (outfile) =>
  sharedModules(
    Object.keys(members),
    // As bindings of the bundle: behind the getters of an interoperation object they cost every request 0.3 µs.
    (name) => {
      const names = OTEL_EXPORTS[name].filter((exported) => exported !== 'default').join(', ');
      return `export const { ${names} } = require(${JSON.stringify(fromHere(outfile, file))}).${members[name]};`;
    },
  );
const otelShared = sharedMembers(OTEL_SHARED, 'otel.cjs');
const otlpShared = sharedMembers(OTLP_SHARED, 'otlp.cjs');
const instrumentationShared = (outfile) =>
  sharedModules([INSTRUMENTATION], (name) => {
    const names = OTEL_EXPORTS[name].filter((exported) => exported !== 'default').join(', ');
    return `export const { ${names} } = require(${JSON.stringify(fromHere(outfile, 'instrumentation.cjs'))});`;
  });
/** Classes that load the package when the first object is made of them, or of what extends them. */
const instrumentationLater = (outfile) =>
  sharedModules(
    [INSTRUMENTATION],
    () => `
      function later(name) {
        function Later(...args) {
          const Class = require(${JSON.stringify(fromHere(outfile, 'instrumentation.cjs'))})[name];
          Object.setPrototypeOf(Later.prototype, Class.prototype);
          return Reflect.construct(Class, args, new.target === Later ? Class : new.target);
        }
        return Later;
      }
      ${INSTRUMENTATION_CLASSES.map((name) => `export const ${name} = /* @__PURE__ */ later('${name}');`).join(' ')}
      export const registerInstrumentations = (options) =>
        options.instrumentations.length > 0
          ? require(${JSON.stringify(fromHere(outfile, 'instrumentation.cjs'))}).registerInstrumentations(options)
          : () => {};`,
  );
const awsShared = (outfile) =>
  sharedModules(
    Object.keys(AWS_SHARED),
    () => `module.exports = require(${JSON.stringify(fromHere(outfile, 'aws-sdk.cjs'))});`,
  );

/** Some of OpenTelemetry's packages load a dependency by `createRequire(import.meta.url)`, which a bundler does not follow. */
const followedRequires = {
  name: 'followed-requires',
  setup(esbuild) {
    esbuild.onLoad({ filter: /(instrumentation-[^/]+|otlp-grpc-exporter-base)\/dist\/[^_].*\.mjs$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/\b__require\(/g, 'require('),
    }));
  },
};

/** The exporters of gRPC are loaded by a worker that sends by it. */
const grpcApart = {
  name: 'grpc-apart',
  setup(esbuild) {
    esbuild.onResolve({ filter: /\/grpc-exporters\.js$/ }, () => ({ path: './grpc.cjs', external: true }));
  },
};

/** The local endpoint is loaded by the commands that start one. */
const studioApart = {
  name: 'studio-apart',
  setup(esbuild) {
    esbuild.onResolve({ filter: /\/studio\/endpoint\.js$/ }, () => ({ path: './studio.cjs', external: true }));
  },
};

/** Loaded where the environment names a proxy. */
const PROXY_SHARED = {
  'agent-base': ['Agent'],
  'http-proxy-agent': ['HttpProxyAgent'],
  'https-proxy-agent': ['HttpsProxyAgent'],
  'proxy-from-env': ['getProxyForUrl'],
};
const proxyShared = (outfile) =>
  sharedModules(
    Object.keys(PROXY_SHARED),
    () => `module.exports = require(${JSON.stringify(fromHere(outfile, 'proxy.cjs'))});`,
  );

/** `debug` would print the proxy's URL, password included, where somebody sets DEBUG. Nobody asks for the Negotiate scheme. */
const LEFT_OUT_OF_PROXY = {
  debug: 'export default () => () => {};',
  'proxy-agent-negotiate': 'export function createNegotiateAuth() {}',
};
const leftOutOfProxy = {
  name: 'left-out-of-proxy',
  setup(esbuild) {
    const names = new RegExp(`^(${Object.keys(LEFT_OUT_OF_PROXY).join('|')})$`);
    esbuild.onResolve({ filter: names }, ({ path }) => ({ path, namespace: 'left-out-of-proxy' }));
    esbuild.onLoad({ filter: /.*/, namespace: 'left-out-of-proxy' }, ({ path }) => ({
      contents: LEFT_OUT_OF_PROXY[path],
    }));
  },
};

/** A source of ours as a bundle of its own, which loads when the function that it exports is first called. */
function later(bundle, exported) {
  return {
    name: `${bundle}-later`,
    setup(esbuild) {
      const namespace = `${bundle}-later`;
      esbuild.onResolve({ filter: new RegExp(`/${bundle}\\.js$`) }, ({ path }) => ({ path, namespace }));
      esbuild.onLoad({ filter: /.*/, namespace }, () => ({
        contents: `export const ${exported} = (...args) => require('./${bundle}.cjs').${exported}(...args);`,
        resolveDir: dist,
      }));
      esbuild.onResolve({ filter: new RegExp(`^\\./${bundle}\\.cjs$`) }, ({ path }) => ({ path, external: true }));
    },
  };
}

/** With the YAML parser and OpenTelemetry's model; a start that names no file does not load it. */
const configurationFileLater = later('configuration-file', 'readConfigurationFile');
/** A start whose configuration file has no views does not load it. */
const viewsLater = later('views', 'createViews');

const metafiles = {};

async function bundle(name, options) {
  const outfile = join(dist, name);
  const result = await build({
    ...common,
    ...options,
    outfile,
    plugins: (options.plugins ?? []).map((p) => (typeof p === 'function' ? p(outfile) : p)),
  });
  metafiles[name] = result.metafile;
}

const entry = (contents) => ({ stdin: { contents, resolveDir: root, loader: 'js' } });

async function bundleShared() {
  const members = (shared) =>
    entry(
      Object.entries(shared)
        .map(([name, as]) => `export * as ${as} from '${name}';`)
        .join('\n'),
    );
  await bundle('otel.cjs', {
    ...members(OTEL_SHARED),
    external: ['import-in-the-middle', 'import-in-the-middle/*'],
    minify: true,
  });
  await bundle('instrumentation.cjs', {
    ...entry(`export * from '${INSTRUMENTATION}';`),
    external: ['import-in-the-middle', 'import-in-the-middle/*'],
    plugins: [otelShared],
    minify: true,
  });
  await bundle('otlp.cjs', { ...members(OTLP_SHARED), plugins: [otelShared], minify: true });
  const aws = Object.entries(AWS_SHARED).map(([name, names]) => `export { ${names.join(', ')} } from '${name}';`);
  // The SDK says on Node 20 that its later versions won't run there; this one, which is bundled, does.
  const quiet = { 'process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED': '"true"' };
  await bundle('aws-sdk.cjs', { ...entry(aws.join('\n')), define: { ...common.define, ...quiet }, minify: true });
}

async function bundleInstrumentations() {
  const installed = readdirSync(join(root, 'node_modules/@opentelemetry'))
    .filter((name) => name.startsWith('instrumentation-'))
    .map((name) => name.slice('instrumentation-'.length));
  for (const name of installed) {
    await bundle(`instrumentations/${name}.cjs`, {
      ...entry(`export * from '@opentelemetry/instrumentation-${name}';`),
      plugins: [otelShared, instrumentationShared, followedRequires],
      external: ['import-in-the-middle', 'import-in-the-middle/*', '@opentelemetry/winston-transport'],
      minify: true,
    });
  }
}

async function bundleOwn() {
  const source = (path) => ({ entryPoints: [join(root, path)] });
  await bundle('register.cjs', {
    ...source('src/register.ts'),
    target: 'es2015',
    banner: {},
    external: ['./preload.cjs'],
  });
  await bundle('preload.cjs', {
    ...source('src/distro.ts'),
    external: ['import-in-the-middle', 'import-in-the-middle/*', './worker.cjs'],
    plugins: [
      nodeSdk({ environment: join(root, 'src/distro/sdk-environment.ts'), exportsOf }),
      capturedRandom,
      otelShared,
      instrumentationLater,
      configurationFileLater,
      viewsLater,
    ],
    minify: true,
  });
  const proxy = Object.entries(PROXY_SHARED).map(([name, names]) => `export { ${names.join(', ')} } from '${name}';`);
  await bundle('proxy.cjs', { ...entry(proxy.join('\n')), plugins: [leftOutOfProxy], minify: true });
  await bundle('configuration-file.cjs', { ...source('src/config/configuration-file.ts'), minify: true });
  await bundle('views.cjs', { ...source('src/views/views.ts'), plugins: [otelShared], minify: true });
  await bundle('worker.cjs', {
    ...source('src/worker.ts'),
    plugins: [awsShared, proxyShared, otelShared, otlpShared, grpcApart],
    minify: true,
  });
  await bundle('grpc.cjs', {
    ...source('src/delivery/worker/grpc-exporters.ts'),
    plugins: [otelShared, otlpShared, followedRequires],
    // It reads .proto files for what a server may offer of itself.
    external: ['@grpc/proto-loader'],
    minify: true,
  });
  await bundle('index.cjs', { ...source('src/index.ts'), external: ['./preload.cjs', './thread.cjs'] });
  await bundle('thread.cjs', { ...source('src/thread.ts') });
  for (const exporter of ['cloudwatch-metrics', 'cloudwatch-logs', 'otlp-aws']) {
    await bundle(`exporters/${exporter}.cjs`, {
      ...source(`exporters/${exporter}/index.ts`),
      external: ['@opentelemetry/api'],
      plugins: [awsShared, proxyShared],
      minifySyntax: true,
    });
  }
  await bundle('studio.cjs', { ...source('src/studio/endpoint.ts') });
  await bundle('guardian.cjs', { ...source('src/guardian/main.ts') });
  await bundle('cli.cjs', {
    ...source('src/cli/main.ts'),
    banner: { js: `#!/usr/bin/env node\n${FILE_URL}` },
    plugins: [awsShared, proxyShared, otelShared, instrumentationShared, studioApart, configurationFileLater],
  });
}

/** The studio's page: for browsers, and nothing of it loaded by Node. */
async function bundlePage() {
  const source = join(root, 'src/studio/page');
  const output = join(dist, 'page');
  const result = await build({
    entryPoints: [join(source, 'app.tsx'), join(source, 'app.css')],
    outdir: output,
    entryNames: '[name]',
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'iife',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
    legalComments: 'none',
    metafile: true,
  });
  metafiles['page/app.js'] = result.metafile;
  for (const file of ['index.html', 'icon.svg']) copyFileSync(join(source, file), join(output, file));
}

/** ES module wrappers of the CommonJS bundles: one instance of each, whichever way it is loaded. */
function writeModuleWrappers() {
  writeFileSync(join(dist, 'register.mjs'), `import './register.cjs';\n`);
  const wrap = (file, names) =>
    writeFileSync(
      join(dist, `${file}.mjs`),
      `import module from './${file.split('/').pop()}.cjs';\nexport const { ${names.join(', ')} } = module;\n`,
    );
  for (const file of ['index', 'exporters/cloudwatch-metrics', 'exporters/cloudwatch-logs', 'exporters/otlp-aws']) {
    const output = metafiles[`${file}.cjs`].outputs;
    const names = Object.values(output).flatMap((o) => o.exports);
    const source = readFileSync(join(dist, `${file}.cjs`), 'utf8');
    const exported =
      names.length > 0 ? names : [...source.matchAll(/^ {2}(\w+): \(\) => \w+,?$/gm)].map((match) => match[1]);
    wrap(file, exported);
  }
}

function writeTypes() {
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.types.json')],
    {
      stdio: 'inherit',
    },
  );
  writeFileSync(join(dist, 'types/src/register.d.ts'), 'export {};\n');
  removeInternalTypes();
}

/** The compiler writes a declaration for every source. A user's compiler reads only those that an entry point leads to. */
function removeInternalTypes() {
  const entries = Object.values(manifest.exports).flatMap(({ types }) => (types ? [join(root, types)] : []));
  const reached = new Set(entries);
  for (const file of reached) {
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/\b(?:from |import\()'(\.[^']*)\.js'/g))
      reached.add(join(dirname(file), `${specifier}.d.ts`));
  }
  for (const entry of readdirSync(join(dist, 'types'), { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(file)) rmSync(file);
  }
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await bundleShared();
await bundleInstrumentations();
await bundleOwn();
await bundlePage();
chmodSync(join(dist, 'cli.cjs'), 0o755);
writeModuleWrappers();
writeTypes();
const inputs = inputsByBundle();
writeFileSync(join(dist, 'inputs.json'), JSON.stringify(inputs));
writeLicences();

/** What others wrote of what is published: their licences in words, and as a bill of materials. */
function writeLicences() {
  const bundled = bundledPackages(root, inputs);
  const dependencies = Object.keys(manifest.dependencies).map((name) => `node_modules/${name}`);
  const texts = { 'Apache-2.0': readFileSync(join(root, 'LICENSE'), 'utf8') };
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(bundled, texts));
  const beside = bundledPackages(root, { installed: dependencies }).map((found) => ({ ...found, bundles: [] }));
  writeFileSync(join(dist, 'sbom.cdx.json'), billOfMaterials(manifest, bundled, beside));
}

/** Which installed packages went into which bundle: the single-copy test and the licence notice read it. */
function inputsByBundle() {
  return Object.fromEntries(
    Object.entries(metafiles).map(([name, { inputs }]) => [
      name,
      [
        ...new Set(
          Object.keys(inputs).flatMap((path) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []),
        ),
      ].sort(),
    ]),
  );
}
