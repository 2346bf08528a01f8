import { isAbsolute } from 'node:path';
import type { Application } from '../application.js';
import { type Check, failed, info, pass, type Verdict, warning } from '../check.js';

const FILES = ['ecosystem.config.js', 'ecosystem.config.cjs'];
const REMEDY =
  "node_args: '--require /absolute/path/to/node_modules/@org/monitoring/dist/register.cjs', and kill_timeout: 8000";

export const pm2: Check = {
  id: 'MON-LOAD-006',
  title: 'PM2 hands the preload on',
  about: 'The text of ecosystem.config.js is searched for the preload, the mode, and the time that a stop may take.',
  troubles: [
    {
      cause:
        'NODE_OPTIONS in `env` in cluster mode: PM2 forks the application from its daemon, and the preload is not loaded.',
      remedy: '`node_args` with the absolute path of the preload.',
    },
    {
      cause:
        'The preload by a relative path: it is looked for from the folder of PM2, and the application does not start.',
      remedy: 'The absolute path of the preload in `node_args`.',
    },
    {
      cause:
        'kill_timeout is 1.6 s by default: an application that is stopped may be killed before its last telemetry is delivered.',
      remedy: '`kill_timeout: 8000`. In cluster mode the lines of monitoring are in ~/.pm2/pm2.log.',
    },
  ],
  needs: [],
  reaches: 'offline',
  judges: 'files',
  unless: ({ running, application }) =>
    running !== undefined
      ? 'the running process is preloaded'
      : FILES.some((name) => application?.startFiles.has(name))
        ? undefined
        : 'no ecosystem.config.js here',
  run: ({ application }) => judgePm2(textOf(application)),
};

function textOf(application: Application | undefined): string {
  return FILES.map((name) => application?.startFiles.get(name) ?? '').join('\n');
}

/** @param text of ecosystem.config.js */
export function judgePm2(text: string): Verdict {
  const source = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const cluster =
    /exec_mode['"]?\s*:\s*['"]cluster/.test(source) ||
    /instances['"]?\s*:\s*(?:['"]max|['"]?-1|['"]?[2-9])/.test(source);
  const preload =
    /(?:-r|--require|--import)[\s=]+(?:file:\/\/)?([^\s'"`,\]]*(?:register\.[cm]js|@org\/monitoring\/register))/.exec(
      source,
    )?.[1];
  if (preload === undefined) return info('ecosystem.config.js does not mention the preload', { remedy: REMEDY });
  const evidence = [`the preload is ${preload}`, cluster ? 'cluster mode' : 'fork mode'];
  if (cluster && /NODE_OPTIONS/.test(source)) {
    return failed('NODE_OPTIONS in env does not reach an application in cluster mode', {
      cause: 'PM2 forks it from its daemon, whose options are other ones: nothing is preloaded',
      evidence,
      remedy: REMEDY,
    });
  }
  if (/^\.\.?[\\/]/.test(preload)) {
    return failed(`${preload} is looked for from the folder of PM2`, {
      cause: 'the application does not start: Cannot find module',
      evidence,
      remedy: REMEDY,
    });
  }
  if (!/kill_timeout/.test(source)) {
    return warning('PM2 kills the application 1.6 s after it stops it', {
      cause: 'the last telemetry may take longer: kill_timeout is not set',
      evidence,
      remedy: 'kill_timeout: 8000',
    });
  }
  return isAbsolute(preload)
    ? pass(preload, { evidence })
    : info(`${preload} must be found from the folder of PM2`, { evidence, remedy: REMEDY });
}
