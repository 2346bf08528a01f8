import { dirname, join, sep } from 'node:path';

/** Who the service is, from what the operator said and else from the application's package.json. Synchronous; one file is read. */

export const UNKNOWN_SERVICE = 'unknown_service:node';

export interface ServiceSources {
  /** OTEL_SERVICE_NAME. */
  serviceName?: string;
  /** OTEL_RESOURCE_ATTRIBUTES. */
  resourceAttributes: Record<string, string>;
  /** The name that the platform knows it by, such as a Lambda function's. */
  platformName?: string;
  /** The entry script, `process.argv[1]`; absent in a REPL. */
  entry?: string;
  cwd: string;
  /** The text of a file; throws when it can't be read. */
  readFile(path: string): string;
}

export interface Service {
  name: string;
  nameFrom: 'settings' | 'platform' | 'package.json' | 'nothing';
  version?: string;
  namespace?: string;
}

interface Package {
  file: string;
  name: string;
  version?: string;
}

export function findService(sources: ServiceSources): Service {
  const { serviceName, resourceAttributes, platformName } = sources;
  const own = findPackage(sources);
  const configured = serviceName ?? resourceAttributes['service.name'];
  const version = resourceAttributes['service.version'] ?? own?.version;
  const namespace = resourceAttributes['service.namespace'];
  return {
    ...nameOf(configured, platformName, own?.name),
    ...(version && { version }),
    ...(namespace && { namespace }),
  };
}

function nameOf(configured?: string, platform?: string, packageName?: string): Pick<Service, 'name' | 'nameFrom'> {
  if (configured) return { name: configured, nameFrom: 'settings' };
  if (platform) return { name: platform, nameFrom: 'platform' };
  if (packageName) return { name: packageName, nameFrom: 'package.json' };
  return { name: UNKNOWN_SERVICE, nameFrom: 'nothing' };
}

const NODE_MODULES = `${sep}node_modules${sep}`;

/** Path of the application's package.json, if it has one. */
export function findPackageFile(sources: Pick<ServiceSources, 'entry' | 'cwd' | 'readFile'>): string | undefined {
  return findPackage(sources)?.file;
}

/** The nearest package.json with a name at or above the entry script, else at or above the working directory. */
function findPackage({
  entry,
  cwd,
  readFile,
}: Pick<ServiceSources, 'entry' | 'cwd' | 'readFile'>): Package | undefined {
  return (entry && nearestPackage(applicationPath(entry), readFile)) || nearestPackage(cwd, readFile);
}

/** What a tool in node_modules starts is the application around it. */
function applicationPath(entry: string): string {
  const tool = entry.indexOf(NODE_MODULES);
  return tool === -1 ? entry : entry.slice(0, tool);
}

/** Begins at the path itself: `node .` has a directory for its entry. */
function nearestPackage(path: string, readFile: (path: string) => string): Package | undefined {
  for (let directory = path; ; directory = dirname(directory)) {
    const found = readPackage(join(directory, 'package.json'), readFile);
    if (found || directory === dirname(directory)) return found;
  }
}

/** A package.json without a name only says how files are to be read (`{"type":"module"}`): it is passed over. */
function readPackage(file: string, readFile: (path: string) => string): Package | undefined {
  let content: unknown;
  try {
    content = JSON.parse(readFile(file));
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  const { name, version } = content as { name?: unknown; version?: unknown };
  if (typeof name !== 'string' || name === '') return undefined;
  return { file, name, ...(typeof version === 'string' && version && { version }) };
}
