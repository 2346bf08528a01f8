import type { FaultKind } from '../../src/studio/faults.js';

/** The failure matrix: a row for each way in which a process ends, and what is then known of it. docs/crash-delivery.md tells the same. */
export interface Row {
  name: string;
  way: string;
  app?: string;
  flags?(major: number, folder: string): string[];
  preload?: string[];
  env?: Record<string, string>;
  /** Given the folder of runs, what node is started through. */
  through?(folder: string): string[];
  needs?: 'pid' | 'mount';
  since?: number;
  until?: number;
  /** Sent once the application is ready; milliseconds later, if given. */
  signal?: NodeJS.Signals;
  signalAfter?: number;
  bareSignalAfter?: number;
  endpoint?: FaultKind | 'refusing';
  /** Events that have arrived by its end, `SEVERITY text`, each exactly once. */
  told: string[];
  /** Events that arrive by the next start of the service, with an endpoint that answers. */
  next?: string[];
  nextStarts?: 2;
  requests?: number;
  spans?: number;
  says?: RegExp;
  sameStderr?: false;
  /** Milliseconds for which a process that may survive waits at the most, where they are less than those of a dying one. */
  patience?: number;
  /** Milliseconds by which its end may be later than without us. */
  within: number;
}

const LAST = 'the last error';
const FATAL = [`FATAL ${LAST}`];
const ERROR = [`ERROR ${LAST}`];
const UNCLEAN = 'ERROR a run ended without a clean exit';
/** What a delivery takes, with a worker that is only starting. */
const QUICK = 1000;
/** What a dying process waits for at the most. */
const LONGEST = 2000;

const withMode = (mode: string) => () => [`--unhandled-rejections=${mode}`];
const PID_1 = () => ['unshare', '--pid', '--fork', '--mount-proc'];
const inMount = (script: string) => (folder: string) => [
  'unshare',
  '--mount',
  'sh',
  '-c',
  script.replaceAll('DIR', folder),
  'sh',
];
const FULL = inMount(
  'mount -t tmpfs -o size=4k,mode=700 tmpfs DIR && head -c 8192 /dev/zero > DIR/filler 2>/dev/null; exec "$@"',
);
const READ_ONLY = inMount('mount -t tmpfs -o ro,mode=700 tmpfs DIR && exec "$@"');
/** From 25 on the network is denied as well. */
const permission =
  (...more: string[]) =>
  (major: number, folder: string) => [
    '--permission',
    '--allow-fs-read=*',
    ...(major >= 25 ? ['--allow-net'] : []),
    ...more.map((flag) => flag.replace('DIR', folder)),
  ];

export const ROWS: Row[] = [
  { name: 'throw', way: 'throw', told: FATAL, within: QUICK },
  { name: 'throw after a request', way: 'throw-after-request', told: FATAL, requests: 1, spans: 1, within: QUICK },
  { name: 'throw of a value that is no error', way: 'throw-value', told: FATAL, within: QUICK },
  { name: 'throw while the application loads', way: 'throw-at-load', told: FATAL, within: QUICK },
  { name: 'throw, ES module, --require', way: '', app: 'dies.mjs', told: FATAL, within: QUICK },
  {
    name: 'throw, ES module, --import',
    way: '',
    app: 'dies.mjs',
    preload: ['--import', '@org/monitoring/register'],
    told: FATAL,
    within: QUICK,
  },
  {
    name: 'throw, --import',
    way: 'throw',
    preload: ['--import', '@org/monitoring/register'],
    told: FATAL,
    within: QUICK,
  },
  {
    name: 'throw, NODE_OPTIONS',
    way: 'throw',
    preload: [],
    env: { NODE_OPTIONS: '--require @org/monitoring/register' },
    told: FATAL,
    within: QUICK,
  },
  { name: 'rejection', way: 'reject', told: FATAL, within: QUICK },
  { name: 'rejection, strict', way: 'reject', flags: withMode('strict'), told: FATAL, within: QUICK },
  { name: 'rejection, warn', way: 'reject', flags: withMode('warn'), told: ERROR, within: QUICK },
  { name: 'rejection, none', way: 'reject', flags: withMode('none'), told: ERROR, within: QUICK },
  {
    name: 'rejection, warn-with-error-code',
    way: 'reject',
    flags: withMode('warn-with-error-code'),
    told: ERROR,
    within: QUICK,
  },
  { name: 'rejection with a listener', way: 'reject-listened', told: ERROR, within: QUICK },
  { name: 'uncaught with a listener that survives', way: 'survive', told: ERROR, within: QUICK },
  // The second error is on stderr only: nothing of ours runs after it.
  {
    name: 'uncaught, the listener throws',
    way: 'listener-throws',
    told: ERROR,
    patience: 200,
    next: [UNCLEAN],
    within: QUICK,
  },
  { name: 'uncaught, the exit listener throws', way: 'exit-listener-throws', told: FATAL, within: QUICK },
  { name: 'process.exit', way: 'exit', told: ERROR, within: QUICK },
  { name: 'process.exit in a request', way: 'exit-in-request', told: ERROR, requests: 1, spans: 1, within: QUICK },
  { name: 'natural end', way: 'naturally', told: ERROR, requests: 1, spans: 1, within: QUICK },
  { name: 'SIGTERM', way: 'signal', signal: 'SIGTERM', told: [], requests: 1, spans: 1, within: QUICK },
  { name: 'SIGINT', way: 'signal', signal: 'SIGINT', told: [], requests: 1, spans: 1, within: QUICK },
  { name: 'SIGHUP', way: 'signal', signal: 'SIGHUP', told: [], requests: 1, spans: 1, within: QUICK },
  {
    name: 'SIGTERM with a listener',
    way: 'signal-listened',
    signal: 'SIGTERM',
    told: [],
    requests: 1,
    spans: 1,
    within: QUICK,
  },
  {
    name: 'SIGTERM, ignored',
    way: 'signal-ignored',
    signal: 'SIGTERM',
    told: [],
    requests: 1,
    spans: 1,
    within: QUICK,
  },
  {
    name: 'PID 1: throw',
    way: 'throw-after-request',
    through: PID_1,
    needs: 'pid',
    told: FATAL,
    requests: 1,
    within: QUICK,
  },
  {
    name: 'PID 1: SIGTERM, as Node ignores it',
    way: 'first-process',
    through: PID_1,
    needs: 'pid',
    signal: 'SIGTERM',
    told: [],
    requests: 1,
    within: QUICK,
  },
  {
    name: 'SIGKILL',
    way: 'signal',
    signal: 'SIGKILL',
    signalAfter: 1500,
    bareSignalAfter: 0,
    told: [],
    next: [UNCLEAN],
    within: QUICK,
  },
  {
    name: 'out of heap',
    way: 'oom',
    flags: () => ['--max-old-space-size=64'],
    told: ["WARN V8's heap was at 9"],
    next: [UNCLEAN],
    sameStderr: false,
    within: QUICK,
  },
  { name: 'abort()', way: 'abort', told: [], next: [UNCLEAN], sameStderr: false, within: QUICK },
  { name: 'process.reallyExit', way: 'really-exit', told: [], next: [UNCLEAN], within: QUICK },
  {
    name: 'endless loop, then SIGKILL',
    way: 'loop',
    signal: 'SIGKILL',
    signalAfter: 20_000,
    bareSignalAfter: 0,
    told: ['ERROR the event loop has been blocked for 1'],
    next: [UNCLEAN],
    within: QUICK,
  },
  {
    name: 'throw, the worker killed',
    way: 'worker-killed',
    preload: ['--require', './test/crash/fixtures/keep-worker.cjs', '--require', '@org/monitoring/register'],
    told: FATAL,
    within: LONGEST,
  },
  { name: 'throw, the endpoint hangs', way: 'throw', endpoint: 'hang', told: [], next: FATAL, within: LONGEST },
  { name: 'throw, the endpoint refuses', way: 'throw', endpoint: 'refusing', told: [], next: FATAL, within: LONGEST },
  { name: 'throw, the endpoint says 5xx', way: 'throw', endpoint: 'error5xx', told: [], next: FATAL, within: LONGEST },
  { name: 'throw, the endpoint says 403', way: 'throw', endpoint: 'denied', told: [], next: FATAL, within: LONGEST },
  {
    name: 'throw, the credentials expired',
    way: 'throw',
    endpoint: 'expired-token',
    told: [],
    next: FATAL,
    within: LONGEST,
  },
  {
    name: 'throw, the endpoint hangs, two next starts',
    way: 'throw',
    endpoint: 'hang',
    told: [],
    next: FATAL,
    nextStarts: 2,
    within: LONGEST,
  },
  {
    name: 'rejection, warn, the endpoint hangs',
    way: 'reject',
    flags: withMode('warn'),
    endpoint: 'hang',
    told: [],
    next: ERROR,
    within: 7000,
  },
  { name: 'throw, the disk full', way: 'throw', through: FULL, needs: 'mount', told: FATAL, within: QUICK },
  { name: 'throw, the disk read-only', way: 'throw', through: READ_ONLY, needs: 'mount', told: FATAL, within: QUICK },
  {
    name: 'throw, the disk full, the endpoint hangs',
    way: 'throw',
    through: FULL,
    needs: 'mount',
    endpoint: 'hang',
    told: [],
    next: [],
    says: /can't be kept on disk: .*ENOSPC/,
    within: LONGEST,
  },
  {
    name: 'throw, the disk read-only, the endpoint hangs',
    way: 'throw',
    through: READ_ONLY,
    needs: 'mount',
    endpoint: 'hang',
    told: [],
    next: [],
    says: /can't be kept on disk: .*EROFS/,
    within: LONGEST,
  },
  {
    name: 'cluster: a worker throws, then the primary',
    way: 'cluster',
    told: [...FATAL, 'FATAL the error of a worker'],
    within: QUICK,
  },
  { name: 'thread of the application throws', way: 'thread-unhandled', told: FATAL, within: QUICK },
  { name: 'thread of the application throws, handled', way: 'thread-handled', told: ERROR, within: QUICK },
  {
    name: 'throw, permission model with worker',
    way: 'throw',
    since: 22,
    flags: permission('--allow-worker'),
    told: FATAL,
    within: QUICK,
  },
  {
    name: 'throw, permission model with child process',
    way: 'throw',
    since: 22,
    flags: permission('--allow-child-process'),
    told: FATAL,
    within: LONGEST,
  },
  {
    name: 'throw, permission model with child process, the endpoint hangs',
    way: 'throw',
    since: 22,
    flags: permission('--allow-child-process'),
    endpoint: 'hang',
    told: [],
    says: /lost since the start: 1 of 1 error \(1 shutdown\)/,
    within: LONGEST,
  },
  {
    name: 'throw, permission model with the folder',
    way: 'throw',
    since: 22,
    flags: permission('--allow-fs-write=DIR*'),
    told: [],
    next: FATAL,
    within: QUICK,
  },
  {
    name: 'throw, permission model',
    way: 'throw',
    since: 22,
    flags: permission(),
    told: [],
    next: [],
    says: /sent from the application's own thread/,
    within: QUICK,
  },
];
