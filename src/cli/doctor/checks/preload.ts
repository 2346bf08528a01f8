import { type Check, failed, info, pass, type Verdict, warning } from '../check.js';
import { findPreload, type PreloadFound } from '../preload-search.js';

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
    return judgePreload(findPreload(env, application), application?.entry !== undefined);
  },
};

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
