import { type Check, failed, pass, type Verdict, warning } from '../check.js';

const MINIMUM = [20, 19] as const;
const RECOMMENDED = [22, 15] as const;

export const nodeVersion: Check = {
  id: 'MON-RUN-001',
  title: 'Node.js is recent enough',
  about:
    'The version of Node.js: of the running application where one is found, else of the one that runs the command.',
  troubles: [
    {
      cause: `Node.js older than ${MINIMUM.join('.')}: the preload prints one line and stands aside.`,
      remedy: `Run the application with Node.js ${RECOMMENDED.join('.')} or later.`,
    },
    {
      cause: `Node.js older than ${RECOMMENDED.join('.')}: everything is tested on it, but OpenTelemetry promises nothing.`,
      remedy: `Plan the step to ${RECOMMENDED.join('.')} or later.`,
    },
  ],
  needs: [],
  reaches: 'offline',
  run: ({ nodeVersion: version }) => judgeNodeVersion(version),
};

export function judgeNodeVersion(version: string): Verdict {
  const remedy = `run the application with Node.js ${RECOMMENDED.join('.')} or later`;
  if (olderThan(version, MINIMUM)) {
    return failed(`Node.js ${version} is not supported`, { cause: 'the preload does not start on it', remedy });
  }
  if (olderThan(version, RECOMMENDED)) {
    return warning(`Node.js ${version} works, with a notice at start`, {
      cause: `OpenTelemetry supports ${RECOMMENDED.join('.')} and later`,
      remedy,
    });
  }
  return pass(`Node.js ${version}`);
}

function olderThan(version: string, [leastMajor, leastMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}
