import { OTHER_AGENTS, SDKS_SET_UP_IN_CODE } from '../../../config/other-agents.js';
import { type Check, failed, pass, warning } from '../check.js';

/** Packages that patch what we patch, or set up an SDK of their own. */
const AGENTS = [...OTHER_AGENTS, ...SDKS_SET_UP_IN_CODE];

export const otherAgents: Check = {
  id: 'MON-LOAD-002',
  title: 'No other monitoring agent or SDK',
  about:
    'The preloads in NODE_OPTIONS and in the start scripts, and the dependencies of the application, are compared with known agents.',
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
  unless: ({ application, env }) =>
    application || env.NODE_OPTIONS ? undefined : 'no application here: give its entry file with --app',
  run({ application, env }) {
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
    const loaded = installed.filter((name) => application?.source?.includes(name));
    if (loaded.length > 0) {
      return failed(`${loaded.join(', ')} is started by the application`, {
        cause: 'an SDK that is set up in code finds ours there already, and neither has everything',
        evidence: loaded.map((name) => `${application?.entry} mentions ${name}`),
        remedy: `take ${loaded.join(', ')} out of the code: what it did, the preload does`,
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
