import { type Check, info, warning } from '../check.js';

export const moduleSystem: Check = {
  id: 'MON-RUN-003',
  title: 'How modules are loaded',
  about: 'CommonJS or ES modules, by the entry and the `type` of package.json, and what that means on this Node.js.',
  troubles: [
    {
      cause:
        'On Node.js 20, ES modules are hooked from a thread of their own: the start takes some 50 ms longer, and Nest 12 loaded by `require()` is not seen.',
      remedy: 'Run Node.js 22.15 or later, where the hooks are synchronous.',
    },
  ],
  needs: [],
  reaches: 'offline',
  judges: 'files',
  unless: ({ application }) => (application ? undefined : 'no application here: give its entry file with --app'),
  run({ application, nodeVersion }) {
    const modules = application?.modules ?? 'CommonJS';
    const evidence = [application?.entry ?? `${application?.root}/package.json`];
    if (modules === 'ES modules' && nodeVersion.startsWith('20.')) {
      return warning('ES modules on Node.js 20', {
        cause: 'this Node.js hooks ES modules from a thread of their own, which makes the start slower',
        evidence,
        remedy: 'run the application with Node.js 22.15 or later',
      });
    }
    return info(`${modules}; either flag does: --require @org/monitoring/register, --import @org/monitoring/register`, {
      evidence,
    });
  },
};
