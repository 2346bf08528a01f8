import { OTHER_AGENTS, SDKS_SET_UP_IN_CODE } from '../../../config/other-agents.js';
import { type Check, failed, pass, type Verdict, warning } from '../check.js';

/** Packages that patch what we patch, or set up an SDK of their own. */
const AGENTS = [...OTHER_AGENTS, ...SDKS_SET_UP_IN_CODE];

export const otherAgents: Check = {
  id: 'MON-LOAD-002',
  title: 'No other monitoring agent or SDK',
  about:
    'Of a running process: which known agents it has loaded. Else the preloads in NODE_OPTIONS and in the start scripts, and the dependencies of the application, are compared with known agents.',
  troubles: [
    {
      cause:
        'Another OpenTelemetry SDK or agent is preloaded: whichever comes second stands aside, or both patch the same functions and neither can be trusted.',
      remedy: 'Remove the other one; its exporters can be kept as exporters of an OpenTelemetry Collector.',
    },
    {
      cause: 'Another one is installed, and started by code.',
      remedy: 'Take its start out of the code when @org/monitoring does the work, and uninstall it.',
    },
  ],
  needs: [],
  reaches: 'offline',
  unless: ({ running, application, env }) =>
    running || application || env.NODE_OPTIONS ? undefined : 'no application here: give its entry file with --app',
  run({ running, application, env }) {
    const loaded = running?.snapshot.application?.otherAgents;
    if (loaded !== undefined) return judgeLoadedAgents(loaded);
    const starts = [env.NODE_OPTIONS ?? '', ...Object.values(application?.scripts ?? {})];
    const preloaded = AGENTS.filter((name) => starts.some((text) => text.includes(name)));
    if (preloaded.length > 0) {
      return failed(`${preloaded.join(', ')} is preloaded as well`, {
        cause: 'two agents patch the same functions: the second to load stands aside, or neither can be trusted',
        evidence: starts.filter((text) => preloaded.some((name) => text.includes(name))),
        remedy: `take ${preloaded.join(', ')} out of NODE_OPTIONS and the start script`,
      });
    }
    const installed = AGENTS.filter((name) => application?.dependencies.has(name));
    const started = installed.filter((name) => application?.source?.includes(name));
    if (started.length > 0) {
      return failed(`${started.join(', ')} is started by the application`, {
        cause: 'an SDK that is set up in code finds ours there already, and neither has everything',
        evidence: started.map((name) => `${application?.entry} mentions ${name}`),
        remedy: `take ${started.join(', ')} out of the code: what it did, the preload does`,
      });
    }
    if (installed.length > 0) {
      return warning(`${installed.join(', ')} is installed`, {
        cause: 'where it is also started, two agents patch the same functions',
        evidence: installed.map((name) => `${name} ${application?.dependencies.get(name) ?? ''} in package.json`),
        remedy: `npm uninstall ${installed.join(' ')}`,
      });
    }
    return pass('none was found');
  },
};

/** @param loaded the agents that the running process has loaded: what the files say is of no account then */
export function judgeLoadedAgents(loaded: readonly string[]): Verdict {
  if (loaded.length === 0) return pass('it has loaded none');
  return failed(`${loaded.join(', ')} is loaded as well`, {
    cause: 'two agents patch the same functions: the second to load stands aside, or neither can be trusted',
    remedy: `take ${loaded.join(', ')} out of NODE_OPTIONS, the start script and the code`,
  });
}
