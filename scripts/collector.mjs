// Prints the path of an OpenTelemetry Collector that has the components of collector-config/: the one that OTELCOL_BIN names, an
// `otelcol` or `otelcol-contrib` on the PATH, or one that is built once into the user's cache.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';

const HELP = `Prints the path of an OpenTelemetry Collector with the components of collector-config/builder.yaml.

  npm run --silent collector

It is, in this order: the program that OTELCOL_BIN names; the last build in the cache; an otelcol or otelcol-contrib on the
PATH that has the components; a new build, which takes Go and about ten minutes on two cores, once, and is kept in
\${XDG_CACHE_HOME:-~/.cache}/org-monitoring/collector.`;

const FOLDER = join(import.meta.dirname, '../collector-config');
const MANIFEST = join(FOLDER, 'builder.yaml');
const BUILDER = 'go.opentelemetry.io/collector/cmd/builder';
const PROGRAM = 'otelcol';
const NAMES = ['otelcol', 'otelcol-contrib'];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const KINDS = ['receivers', 'processors', 'exporters', 'extensions'];

/** Milliseconds. */
const QUESTION_TIMEOUT = 30_000;
const STEP_TIMEOUT = 40 * 60_000;
const PROGRESS_INTERVAL = 60_000;
/** Characters of a failed step's output that are kept. */
const KEPT = 20_000;

/** The types of component that the configurations use, by kind. */
function usedComponents() {
  const used = Object.fromEntries(KINDS.map((kind) => [kind, new Set()]));
  for (const file of readdirSync(FOLDER)) {
    if (!file.endsWith('.yaml') || file === 'builder.yaml') continue;
    const configuration = parse(readFileSync(join(FOLDER, file), 'utf8'));
    for (const kind of KINDS) {
      for (const id of Object.keys(configuration[kind] ?? {})) used[kind].add(id.split('/')[0]);
    }
  }
  return used;
}

/** What keeps a program from running the configurations; undefined: nothing. */
function shortcoming(program) {
  const { status, stdout, error } = spawnSync(program, ['components'], { encoding: 'utf8', timeout: QUESTION_TIMEOUT });
  if (error !== undefined) return `it could not be run (${error.code ?? error.message})`;
  if (status !== 0) return `\`${program} components\` ended with ${status}`;
  const has = parse(stdout);
  const missing = Object.entries(usedComponents()).flatMap(([kind, types]) => {
    // A component that was renamed lists its old name as an alias.
    const there = new Set((has?.[kind] ?? []).flatMap(({ name, aliases = [] }) => [name, ...aliases]));
    return [...types].filter((type) => !there.has(type)).map((type) => `${kind} ${type}`);
  });
  return missing.length === 0 ? undefined : `it lacks ${missing.join(', ')}`;
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).filter((program) => existsSync(program));
}

async function collector() {
  const named = process.env.OTELCOL_BIN;
  if (named) {
    const why = shortcoming(named);
    if (why !== undefined) throw new Error(`OTELCOL_BIN=${named} can't be used: ${why}`);
    return named;
  }
  const manifest = readFileSync(MANIFEST, 'utf8');
  const { version } = parse(manifest).dist;
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'org-monitoring/collector');
  const folder = join(cache, `${version}-${createHash('sha256').update(manifest).digest('hex').slice(0, 12)}`);
  const program = join(folder, PROGRAM);
  if (existsSync(program)) return program;
  for (const candidate of onPath()) {
    const why = shortcoming(candidate);
    if (why === undefined) return candidate;
    say(`${candidate} is not used: ${why}`);
  }
  await build(version, cache, folder);
  return program;
}

/** Builds beside its place and is renamed into it at the end: what is there is whole. */
async function build(version, cache, folder) {
  const go = spawnSync('go', ['version'], { encoding: 'utf8' });
  if (go.status !== 0) {
    throw new Error('there is no Go to build the Collector with; install Go, or set OTELCOL_BIN to a Collector');
  }
  mkdirSync(cache, { recursive: true });
  removeLeftovers(cache);
  const work = join(cache, `building-${process.pid}`);
  const release = untilInterrupted(() => rmSync(work, { recursive: true, force: true }));
  try {
    mkdirSync(work);
    const started = Date.now();
    say(`building the Collector ${version} with ${go.stdout.trim()}; about ten minutes on two cores, once`);
    await step('the builder', work, 'go', ['install', `${BUILDER}@v${version}`], { GOBIN: work });
    await step('the Collector', work, join(work, 'builder'), ['--config', MANIFEST]);
    const why = shortcoming(join(work, 'otelcol', PROGRAM));
    if (why !== undefined) throw new Error(`what was built can't be used: ${why}`);
    try {
      renameSync(join(work, 'otelcol'), folder);
    } catch (error) {
      // Another build of the same was faster.
      if (!existsSync(join(folder, PROGRAM))) throw error;
    }
    say(`built in ${Math.round((Date.now() - started) / 1000)} s`);
  } finally {
    release();
  }
}

/** The step that runs: its process group goes when this process is told to end. */
let running;

/** @returns runs `remove`, which a signal does as well, and lets signals end the process as before */
function untilInterrupted(remove) {
  const interrupted = (signal) => {
    endStep();
    remove();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, interrupted);
  return () => {
    remove();
    for (const signal of SIGNALS) process.off(signal, interrupted);
  };
}

function endStep() {
  if (running?.pid === undefined) return;
  try {
    process.kill(-running.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Of builds whose process is gone. */
function removeLeftovers(cache) {
  for (const name of readdirSync(cache)) {
    const pid = /^building-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs to its end in a process group of its own. */
function step(what, cwd, program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const seconds = () => Math.round((Date.now() - started) / 1000);
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-KEPT);
      });
    }
    const ticking = setInterval(() => say(`${what}: ${seconds()} s`), PROGRESS_INTERVAL);
    const limit = setTimeout(endStep, STEP_TIMEOUT);
    const settle = (failure) => {
      running = undefined;
      clearInterval(ticking);
      clearTimeout(limit);
      if (failure === undefined) resolve();
      else reject(new Error(`${what} could not be built: ${failure}`));
    };
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) settle(undefined);
      else settle(signal === null ? lastWords(output) : `ended by ${signal} after ${seconds()} s`);
    });
  });
}

/** The lines that name a reason, else the last ones. */
function lastWords(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/go: (downloading|finding)/.test(line));
  const telling = lines.filter((line) => /error|not found|Forbidden|no such host|cannot|timeout|undefined/i.test(line));
  return (telling.length > 0 ? telling : lines).slice(-5).join('\n');
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

if (process.argv.includes('--help')) {
  console.log(HELP);
} else if (process.argv.length > 2) {
  console.error(`no argument ${process.argv[2]}; --help tells what there is`);
  process.exitCode = 2;
} else {
  try {
    console.log(await collector());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
