/**
 * Packages whose own process runs an application in another one: package managers and starters. Each would report its CPU and memory
 * as the service's, beside the application that it starts.
 */
export const TOOLS: readonly string[] = [
  'npm',
  'npx',
  'pnpm',
  '@pnpm/exe',
  'yarn',
  '@yarnpkg/cli-dist',
  'corepack',
  'node-gyp',
  'nodemon',
  'concurrently',
  'npm-run-all',
  'npm-run-all2',
  'cross-env',
  'env-cmd',
  'dotenv-cli',
  'wait-on',
  'start-server-and-test',
  'lerna',
  'nx',
  'turbo',
];

/** Package managers outside a `node_modules`: Debian's, Yarn's own releases and what Corepack has downloaded. */
const FILES_OF_PACKAGE_MANAGERS =
  /\/(?:bin|dist|releases|corepack\/.*)\/(npm-cli|npx-cli|yarn|yarnpkg|yarn-\d[^/]*|pnpm|pnpx|corepack)\.[cm]?js$/;

/** PM2's command and its daemon. Its other files are the first ones of the applications that it starts. */
const PM2_ITSELF = /\/node_modules\/pm2\/(?:bin\/|lib\/Daemon\.js$)/;

/** The first file of an application that PM2 starts, in cluster mode and in fork mode. It loads the application's own. */
const PM2_CONTAINER = /[\\/]pm2[\\/]lib[\\/]ProcessContainer(?:Fork)?\.js$/;

/** Whether the file is PM2's, and loads the application that `pm_exec_path` names. */
export function isPm2Container(entry: string): boolean {
  return PM2_CONTAINER.test(entry);
}

/**
 * The tool that `entry` belongs to; undefined for an application.
 * @param entry the path of the file that a process runs, symbolic links resolved
 */
export function toolOf(entry: string): string | undefined {
  const path = entry.replace(/\\/g, '/');
  const after = path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length);
  const installed = path.includes('/node_modules/') && TOOLS.find((tool) => after.startsWith(`${tool}/`));
  if (installed) return installed;
  if (PM2_ITSELF.test(path)) return 'pm2';
  const file = FILES_OF_PACKAGE_MANAGERS.exec(path);
  return file ? file[1] : undefined;
}
