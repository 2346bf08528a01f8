// Writes a Lambda layer: the package, and a wrapper script for AWS_LAMBDA_EXEC_WRAPPER=/opt/monitoring.
//   node scripts/lambda-layer.mjs [file]      default: lambda-layer.zip
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { zipSync } from 'fflate';

const ROOT = join(import.meta.dirname, '..');
const PACKAGE = 'nodejs/node_modules/@org/monitoring';
/** What a function has no use for: the command line, the local endpoint, declarations, and gRPC. */
const LEFT_OUT = [/^(cli|studio|grpc)\.cjs$/, /^(page|types)\//, /^inputs\.json$/];
/** The same bytes for the same files, whenever they are packed. */
const MODIFIED = new Date('2026-01-01T00:00:00Z');
const [MODE, EXECUTABLE] = [0o100644, 0o100755];

const WRAPPER = `#!/bin/sh
# Starts the function's runtime with monitoring preloaded.
here=$(cd "$(dirname "$0")" && pwd)
export NODE_OPTIONS="\${NODE_OPTIONS:+$NODE_OPTIONS }--require $here/${PACKAGE}/dist/register.cjs"
exec "$@"
`;

/**
 * The files of the layer, by their paths below /opt.
 *
 * @returns {Record<string, { bytes: Buffer, mode: number }>}
 */
export function layerFiles() {
  const files = { monitoring: { bytes: Buffer.from(WRAPPER), mode: EXECUTABLE } };
  const add = (path, file) => {
    files[path] = { bytes: readFileSync(file), mode: MODE };
  };
  for (const name of ['package.json', 'LICENSE']) add(`${PACKAGE}/${name}`, join(ROOT, name));
  for (const path of filesIn(join(ROOT, 'dist'))) {
    if (!LEFT_OUT.some((pattern) => pattern.test(path))) add(`${PACKAGE}/dist/${path}`, join(ROOT, 'dist', path));
  }
  for (const name of dependencies()) {
    const folder = join(ROOT, 'node_modules', name);
    for (const path of filesIn(folder)) {
      if (!/\.(md|d\.[cm]?ts|map)$/.test(path)) add(`nodejs/node_modules/${name}/${path}`, join(folder, path));
    }
  }
  return files;
}

/** What the package depends on when it runs, and what that depends on. */
function dependencies(name) {
  const folder = name === undefined ? ROOT : join(ROOT, 'node_modules', name);
  const own = Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies ?? {});
  return [...new Set(own.flatMap((each) => [each, ...dependencies(each)]))];
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

if (import.meta.filename === process.argv[1]) {
  const target = resolve(process.argv[2] ?? 'lambda-layer.zip');
  const files = layerFiles();
  const entries = Object.entries(files).map(([path, { bytes, mode }]) => [
    path,
    [bytes, { mtime: MODIFIED, os: 3, attrs: mode << 16 }],
  ]);
  writeFileSync(target, zipSync(Object.fromEntries(entries), { level: 9 }));
  const unzipped = Object.values(files).reduce((sum, { bytes }) => sum + bytes.length, 0);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `${target}: ${megabytes(statSync(target).size)}, ${megabytes(unzipped)} unzipped, ${entries.length} files`,
  );
  console.log('Publish it as a layer, and set AWS_LAMBDA_EXEC_WRAPPER=/opt/monitoring on the function.');
}
