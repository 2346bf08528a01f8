import type { InstalledCopy } from '../application.js';
import { type Check, failed, info, pass, type Verdict } from '../check.js';

/** Of the API that the preload brings. */
const OURS = '1.10.0';

export const apiVersion: Check = {
  id: 'MON-LOAD-003',
  title: 'The copies of @opentelemetry/api fit together',
  about:
    "Every installed copy of @opentelemetry/api, and of @org/monitoring, is found. Copies of the API meet in a global that the preload's copy makes: one with another major version, or a later minor one, does not use it.",
  troubles: [
    {
      cause:
        "A dependency brings a later @opentelemetry/api than the preload's: its spans and metrics go nowhere, without an error.",
      remedy: 'Update @org/monitoring, or pin @opentelemetry/api with `overrides` in package.json.',
    },
    {
      cause: 'Two copies of @org/monitoring: the second to load is ignored.',
      remedy: 'Install one, in the application, and `npm dedupe`.',
    },
  ],
  needs: [],
  reaches: 'offline',
  judges: 'files',
  unless: ({ application }) => (application ? undefined : 'no application here: give its entry file with --app'),
  run: ({ application }) => judgeCopies(application?.copies ?? [], application?.truncated ?? false),
};

export function judgeCopies(copies: readonly InstalledCopy[], truncated: boolean): Verdict {
  const own = copies.filter(({ name }) => name === '@org/monitoring');
  if (own.length > 1) {
    return failed(`${own.length} copies of @org/monitoring are installed`, {
      cause: 'the second to load is ignored, and its exporters share nothing with the first',
      evidence: own.map(({ version, path }) => `${version} in ${path}`),
      remedy: 'npm dedupe, or take it out of the dependency that brings the other copy',
    });
  }
  const apis = copies.filter(({ name }) => name === '@opentelemetry/api');
  const strange = apis.filter(({ version }) => !fits(version));
  if (strange.length > 0) {
    return failed(
      `@opentelemetry/api ${strange.map(({ version }) => version).join(', ')} does not fit the preload's ${OURS}`,
      {
        cause:
          'the global that both share is used by the same major version up to the same minor one only: what is recorded through the other copy goes nowhere',
        evidence: strange.map(({ version, path }) => `${version} in ${path}`),
        remedy: `add "overrides": {"@opentelemetry/api": "${OURS}"} to package.json, or update @org/monitoring`,
      },
    );
  }
  const says = `${apis.length === 0 ? 'none' : apis.map(({ version }) => version).join(', ')} installed; the preload brings ${OURS}`;
  return truncated ? info(`${says}; not all of node_modules was looked at`) : pass(says);
}

function fits(version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  const [ourMajor, ourMinor] = OURS.split('.').map(Number);
  return major === ourMajor && (minor ?? 0) <= (ourMinor ?? 0);
}
