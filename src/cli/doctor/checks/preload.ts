import { type Application, installedVersion } from '../application.js';
import { type Check, failed, info, pass, type Verdict, warning } from '../check.js';
import { findPreload, type PreloadFound } from '../preload-search.js';

const NAME = '@org/monitoring';

export const preloadFirst: Check = {
  id: 'MON-LOAD-001',
  title: 'The preload is there, and first',
  about:
    "Of a running process: which packages were loaded before the preload. Else NODE_OPTIONS, the scripts of package.json, Dockerfile, Procfile and the like, and the entry's own source are searched for it.",
  troubles: [
    {
      cause: 'Nothing preloads it: no `[monitoring]` line at start, no request metrics, no errors.',
      remedy:
        '`node --require @org/monitoring/register app.js`, or `NODE_OPTIONS="--require @org/monitoring/register"`.',
    },
    {
      cause: 'It is preloaded by its name, but not installed where the application runs: Node.js ends at once.',
      remedy: '`npm install @org/monitoring`, among the dependencies and not the devDependencies.',
    },
    {
      cause:
        'The application loads packages first, from another preload or before it calls `start()`: what was loaded before stays as it is, and its calls are not traced and its errors not seen.',
      remedy: 'Put `--require @org/monitoring/register` before every other `--require` and `--import`.',
    },
  ],
  needs: [],
  reaches: 'offline',
  unless: ({ running, application, env }) =>
    running || application || env.NODE_OPTIONS ? undefined : 'no application here: give its entry file with --app',
  run({ running, application, env }) {
    const facts = running?.snapshot.application;
    if (facts !== undefined) return judgeLoaded(facts.loadedTooEarly);
    if (running !== undefined) return info('the running process did not say what it has loaded');
    const found = findPreload(env, application);
    const missing = application !== undefined && found.byName && !isInstalled(application);
    return missing ? notInstalled(found, application.root) : judgePreload(found, application?.entry !== undefined);
  },
};

function isInstalled({ root, name }: Application): boolean {
  return name === NAME || installedVersion(root, NAME) !== undefined;
}

function notInstalled({ where, text }: PreloadFound, root: string): Verdict {
  return failed(`${NAME} is preloaded, but not installed`, {
    cause: `Node.js ends with "Cannot find module" before the application starts: there is none in ${root}/node_modules or above`,
    evidence: [`${where}: ${text}`],
    remedy: `npm install ${NAME} (among "dependencies": "devDependencies" are left out of a production image)`,
  });
}

export function judgeLoaded(tooEarly: readonly string[]): Verdict {
  if (tooEarly.length === 0) return pass('it was loaded before everything that it instruments');
  return failed(`${tooEarly.join(', ')} ${tooEarly.length > 1 ? 'were' : 'was'} loaded before the preload`, {
    cause: 'what is loaded before the preload stays as it is: its calls are not traced, its errors not seen',
    evidence: tooEarly.map((name) => `${name} was in the cache of modules when the preload started`),
    remedy:
      'put --require @org/monitoring/register before every other --require and --import, and call start() before anything else is loaded',
  });
}

/** @param asked whether the user named the application: then it must be there */
export function judgePreload(found: PreloadFound, asked: boolean): Verdict {
  const { where, before } = found;
  if (where === undefined) {
    const more = {
      cause: 'neither NODE_OPTIONS nor the files of the application mention @org/monitoring',
      evidence: [`looked into ${found.searched.join(', ')}`],
      remedy: `node --require @org/monitoring/register ${found.entry ?? 'app.js'}`,
    };
    return asked
      ? failed('nothing preloads it', more)
      : warning('nothing preloads it, as far as can be seen from here', more);
  }
  if (before.length > 0) {
    return failed(`${before.join(', ')} ${before.length > 1 ? 'come' : 'comes'} before the preload`, {
      cause: 'what is loaded before the preload stays as it is: its calls are not traced, its errors not seen',
      evidence: [`${where}: ${found.text}`],
      remedy: 'put --require @org/monitoring/register first',
    });
  }
  return pass(`${where} preloads it`, { evidence: [found.text] });
}
