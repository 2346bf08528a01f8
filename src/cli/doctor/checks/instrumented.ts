import { ltr, validRange } from 'semver';
import { CATALOGUE } from '../../../instrumentation/catalogue.js';
import { installedVersion, packageFolder } from '../application.js';
import { type Check, info, pass, type Verdict, warning } from '../check.js';
import { type SupportedVersions, supportedVersions } from '../supported-versions.js';

/** Patched by the distro itself, in any version. */
const OWN = ['express', 'fastify', '@hapi/hapi', 'koa', '@nestjs/core'];

export const instrumented: Check = {
  id: 'MON-LOAD-004',
  title: "The application's packages can be instrumented",
  about:
    'The installed packages that an instrumentation of the distro patches, with their versions, are compared with the versions that it supports and with the settings that switch it off.',
  troubles: [
    {
      cause:
        "The version of a package is none that its instrumentation supports: its calls don't become spans, and its duration is in no metric.",
      remedy: 'Install a supported version, or update @org/monitoring.',
    },
    {
      cause:
        'An instrumentation is switched off by OTEL_NODE_ENABLED_INSTRUMENTATIONS or OTEL_NODE_DISABLED_INSTRUMENTATIONS.',
      remedy: 'Take its name out of the one, or into the other.',
    },
  ],
  needs: [],
  reaches: 'offline',
  judges: 'files',
  unless: ({ application }) => (application ? undefined : 'no application here: give its entry file with --app'),
  run({ application, configuration }) {
    const root = application?.root ?? '';
    const { enabled, disabled } = configuration.instrumentations;
    const frameworks = OWN.flatMap((module) => {
      const version = installedVersion(root, module);
      return version === undefined ? [] : [{ group: module, module, version, switchedOff: false, supported: ANY }];
    });
    const others = CATALOGUE.filter(({ byDefault }) => byDefault === true).flatMap((entry) => {
      const switchedOff = disabled.includes(entry.name) || (enabled !== undefined && !enabled.includes(entry.name));
      return [...versionsOf(entry.modules, root)].map(([module, version]) => {
        return { group: entry.name, module, version, switchedOff, supported: supportedVersions(entry, module) };
      });
    });
    return judgeInstrumented([...frameworks, ...others]);
  },
};

/** The modules that are installed, for the application or, as parts of one another, below each other. */
function versionsOf(modules: readonly string[], root: string): Map<string, string> {
  const versions = new Map<string, string>();
  const folders = [root, ...modules.flatMap((module) => packageFolder(root, module) ?? [])];
  for (const module of modules) {
    // A path inside a package has no package.json of its own, and a built-in module none at all.
    const version = folders.map((folder) => installedVersion(folder, module)).find((each) => each !== undefined);
    if (version !== undefined) versions.set(module, version);
  }
  return versions;
}

const ANY: SupportedVersions = { known: false, ranges: [] };

export interface Instrumentable {
  /** The instrumentation. Its modules are alternatives: the one that it supports, it instruments. */
  readonly group: string;
  readonly module: string;
  readonly version: string;
  readonly switchedOff: boolean;
  readonly supported: SupportedVersions;
}

export function judgeInstrumented(found: readonly Instrumentable[]): Verdict {
  if (found.length === 0)
    return info('no package that an instrumentation knows is installed: requests, errors and host metrics only');
  const isSupported = ({ supported, version }: Instrumentable) => supported.known && supported.includes?.(version);
  const served = new Set(found.filter(isSupported).map(({ group }) => group));
  const unsupported = found.filter(
    (each) => !each.switchedOff && each.supported.known && !isSupported(each) && !served.has(each.group),
  );
  const off = found.filter(({ switchedOff }) => switchedOff);
  const evidence = found.map(
    ({ module, version, switchedOff, supported }) =>
      `${module} ${version}${switchedOff ? ' (switched off)' : supported.known ? ` (supported: ${supported.ranges.join(' or ')})` : ''}`,
  );
  if (unsupported.length > 0) {
    const names = unsupported.map(({ module, version }) => `${module} ${version}`).join(', ');
    return warning(`${names} can't be instrumented`, {
      cause: 'the instrumentation supports other versions: these calls become no spans and are in no metric',
      evidence,
      remedy: unsupported.map(remedyFor).join('; '),
    });
  }
  const says = found.map(({ module }) => module).join(', ');
  return off.length > 0
    ? info(`${says}; of which ${off.map(({ module }) => module).join(', ')} switched off`, { evidence })
    : pass(says, { evidence });
}

/** Nobody is advised to take an older package than the one that works. */
function remedyFor({ module, version, supported }: Instrumentable): string {
  const ranges = supported.ranges.join(' || ');
  if (validRange(ranges) !== null && ltr(version, ranges)) return `npm install ${module}@"${ranges}"`;
  return `npm install @org/monitoring@latest, which may know ${module} ${version}; this one knows ${ranges}`;
}
