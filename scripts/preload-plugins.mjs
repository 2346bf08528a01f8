// How OpenTelemetry's NodeSDK and X-Ray id generator are bundled into the preload: docs/decisions/0038-node-sdk.md says why.
import { readFileSync } from 'node:fs';

/** Takes `Math.random` once, when the bundle loads: an application may replace the global one, or seed it and count on its sequence. */
export const capturedRandom = {
  name: 'captured-random',
  setup(esbuild) {
    esbuild.onLoad({ filter: /id-generator-aws-xray[\\/].*AWSXRayIdGenerator\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = `const { random } = Math;\n${source.replaceAll('Math.random()', 'random()')}`;
      if (!contents.includes('random() *')) throw new Error(`${path} does not call Math.random() any more`);
      return { contents };
    });
  },
};

const NODE_SDK = /[\\/]@opentelemetry[\\/]sdk-node[\\/]/;
/** What NodeSDK links for parts that it is not given. The preload gives it every part. */
const NEVER_MADE = /^@opentelemetry\/(exporter-.*|otlp-.*|configuration)$/;
const DETECTORS = /detector$/i;
/** The functions of `@opentelemetry/core` that read the environment. */
const READERS = ['getStringFromEnv', 'getNumberFromEnv', 'getBooleanFromEnv', 'getStringListFromEnv'];

/**
 * Gives NodeSDK our settings in place of the environment (`src/distro/sdk-environment.ts`), and leaves out what it makes only of settings that
 * it reads there: exporters, detectors of the resource with the builtins that they load, the configuration file.
 *
 * @param {{ environment: string, exportsOf: (name: string) => Promise<string[]> }} options the file with the readers of the environment
 */
export function nodeSdk({ environment, exportsOf }) {
  return {
    name: 'node-sdk',
    setup(esbuild) {
      const namespace = 'node-sdk';
      esbuild.onResolve({ filter: /^@opentelemetry\/(core|resources)$/ }, ({ path, importer }) =>
        NODE_SDK.test(importer) ? { path, namespace, pluginData: importer } : undefined,
      );
      esbuild.onResolve({ filter: NEVER_MADE }, ({ path, importer }) =>
        NODE_SDK.test(importer) ? { path, namespace } : undefined,
      );
      esbuild.onLoad({ filter: /.*/, namespace }, async ({ path }) => ({
        contents: await contentsOf(path),
        resolveDir: esbuild.initialOptions.absWorkingDir ?? process.cwd(),
      }));
    },
  };

  async function contentsOf(name) {
    if (name === '@opentelemetry/core') {
      return `export * from '${name}'; export { ${READERS.join(', ')} } from ${JSON.stringify(environment)};`;
    }
    const names = (await exportsOf(name)).filter((exported) => exported !== 'default');
    const isLeftOut = (exported) => name !== '@opentelemetry/resources' || DETECTORS.test(exported);
    return [
      `const leftOut = (name) => function LeftOut() { throw new Error(name + ' is not part of the preload'); };`,
      ...names.map((exported) =>
        isLeftOut(exported)
          ? `export const ${exported} = /* @__PURE__ */ leftOut('${exported}');`
          : `export { ${exported} } from '${name}';`,
      ),
    ].join('\n');
  }
}
