import { basename } from 'node:path';
import type { Application } from '../application.js';
import { type Check, info, pass, type Verdict, warning } from '../check.js';

/** Processes between the first of the container and the application, at most. */
const MAX_ANCESTORS = 16;
const SHELLS = ['sh', 'dash', 'ash', 'bash', 'busybox'];
const RUNNERS = ['npm', 'npx', 'yarn', 'pnpm', 'corepack'];

export const stopSignal: Check = {
  id: 'MON-RUN-004',
  title: 'The stop signal of a container reaches the application',
  about:
    'Of a running process on Linux: the processes above it, up to the first one of the container. Else the last CMD or ENTRYPOINT of the Dockerfile.',
  troubles: [
    {
      cause:
        'A package manager or a shell is the first process of the container. The shell of Debian does not pass SIGTERM on: the container is killed when its time is over, and the last interval is lost.',
      remedy: '`CMD ["node", "app.js"]`, or `exec node app.js` in the script.',
    },
  ],
  needs: [],
  reaches: 'offline',
  unless: ({ running, application }) =>
    running || application?.startFiles.has('Dockerfile') ? undefined : 'no running process, and no Dockerfile here',
  run({ running, application, readFile }) {
    if (running === undefined) return judgeCommand(application);
    const ancestors = ancestorsOf(running.pid, readFile);
    return ancestors === undefined ? info('not known: there is no /proc') : judgeAncestors(ancestors);
  },
};

export interface Ancestor {
  readonly pid: number;
  /** `npm`, `sh`. */
  readonly name: string;
}

/** From the parent upwards; undefined where the system does not tell. */
export function ancestorsOf(pid: number, readFile: (path: string) => string): Ancestor[] | undefined {
  const ancestors: Ancestor[] = [];
  try {
    let child = pid;
    for (let count = 0; count < MAX_ANCESTORS && child > 1; count++) {
      const parent = Number(/^PPid:\s*(\d+)/m.exec(readFile(`/proc/${child}/status`))?.[1] ?? 0);
      if (parent === 0) break;
      const [program = '', script = ''] = readFile(`/proc/${parent}/cmdline`).split('\0');
      // `npm start` shows itself as `npm start`, or as node with npm-cli.js.
      const [first = ''] = basename(program).split(' ');
      const name = /^(npm|npx|yarn|pnpm|corepack)(?:-cli)?\.c?js$/.exec(basename(script))?.[1] ?? first;
      ancestors.push({ pid: parent, name });
      child = parent;
    }
  } catch {
    return undefined;
  }
  return ancestors;
}

export function judgeAncestors(ancestors: readonly Ancestor[]): Verdict {
  const first = ancestors.find(({ pid }) => pid === 1);
  const between = [...ancestors].reverse().map(({ pid, name }) => `${name} (${pid})`);
  if (first === undefined) return pass('the application is the first process itself');
  const isCommand = SHELLS.includes(first.name) || RUNNERS.includes(first.name);
  const shell = ancestors.find(({ name }) => SHELLS.includes(name));
  if (isCommand && shell !== undefined) {
    return warning(`the stop signal ends at ${shell.name} (${shell.pid})`, {
      cause: `${between.join(' starts ')}: a shell does not pass SIGTERM on, and the last interval is lost when the container is killed`,
      remedy: 'CMD ["node", "app.js"], or exec node app.js in the script',
    });
  }
  return pass(isCommand ? `${first.name} passes it on` : `${first.name} is the first process`);
}

/** The command of the image, as the Dockerfile gives it. */
export function judgeCommand(application: Pick<Application, 'startFiles'> | undefined): Verdict {
  const lines = (application?.startFiles.get('Dockerfile') ?? '').replace(/\\\r?\n/g, ' ').split(/\r?\n/);
  const command = lines
    .filter((line) => /^\s*(CMD|ENTRYPOINT)\s/i.test(line))
    .at(-1)
    ?.trim();
  if (command === undefined) return info('the Dockerfile has no command');
  const words = command.replace(/^\w+\s+/, '');
  const first = /^\[\s*"([^"]+)"/.exec(words)?.[1] ?? words.split(/\s/)[0] ?? '';
  if (words.startsWith('[') && !RUNNERS.includes(basename(first)) && !SHELLS.includes(basename(first)))
    return pass(`${basename(first)} is the first process`, { evidence: [command] });
  if (/^exec\s/.test(words)) return pass('the shell hands over to the command', { evidence: [command] });
  const runner = RUNNERS.includes(basename(first)) ? basename(first) : 'a shell';
  return warning(`${runner} is the first process of the container`, {
    cause: 'the shell of Debian does not pass SIGTERM on: the last interval is lost when the container is killed',
    evidence: [command],
    remedy: 'CMD ["node", "app.js"], or exec node app.js in the script',
  });
}
