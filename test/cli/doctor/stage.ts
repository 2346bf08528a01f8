import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ContextOptions, type OpenContext, openContext } from '../../../src/cli/doctor/build-context.js';
import type { Result } from '../../../src/cli/doctor/check.js';
import { CHECKS } from '../../../src/cli/doctor/checks.js';
import { examine } from '../../../src/cli/doctor/doctor.js';
import { type Network, systemNetwork } from '../../../src/cli/doctor/reach.js';
import type { Report } from '../../../src/cli/doctor/report.js';
import { type Studio, startStudio } from '../../../src/studio/endpoint.js';
import { type Front, frontOf, opened } from './front.js';

/** What is different from a service in order. */
export interface Stage {
  env?: Record<string, string | undefined>;
  /** Files below the home directory, which is the working directory as well. */
  files?: Record<string, string>;
  network?: Partial<Network>;
  options?: Partial<ContextOptions>;
}

const HOME_FILES = {
  'package.json': '{"name":"shop"}',
  'node_modules/@org/monitoring/package.json': '{"version":"0.1.0"}',
};

export const LIMITS = { DNS: 1000, TCP: 1000, CONNECT: 1000, TLS: 1000, HTTP: 1500 };

/** A local endpoint, a home directory and an environment for each test of the `describe` that calls this. */
export function doctorStage() {
  let studio: Studio | undefined;
  const fronts: Front[] = [];
  const folders: string[] = [];
  const outside = { env: process.env, cwd: process.cwd() };

  before(async () => {
    studio = await startStudio();
  });
  afterEach(async () => {
    process.env = outside.env;
    process.chdir(outside.cwd);
    for (const front of fronts.splice(0)) await front.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
    studio?.faults.clear();
    studio?.store.clear();
  });
  after(() => studio?.close());

  const world = {
    get studio(): Studio {
      if (studio === undefined) throw new Error('the endpoint runs during tests only');
      return studio;
    },

    /** An environment like that of a service in order, but for what the stage says. */
    open({ env = {}, files = {}, network = {}, options = {} }: Stage): Promise<OpenContext> {
      const home = mkdtempSync(join(tmpdir(), 'monitoring-doctor-'));
      folders.push(home);
      for (const [name, text] of Object.entries({ ...HOME_FILES, ...files })) {
        mkdirSync(dirname(join(home, name)), { recursive: true });
        writeFileSync(join(home, name), text);
      }
      process.chdir(home);
      const given = {
        PATH: outside.env.PATH,
        HOME: home,
        AWS_EC2_METADATA_DISABLED: 'true',
        MONITORING_RUN_FOLDER: join(home, 'run'),
        AWS_REGION: 'us-west-2',
        AWS_ACCESS_KEY_ID: 'AKIDFORTESTSONLY',
        AWS_SECRET_ACCESS_KEY: 'secret-for-tests-only',
        AWS_ENDPOINT_URL: world.studio.url,
        NODE_OPTIONS: '--require @org/monitoring/register',
        ...env,
      };
      // The AWS SDK looks at the environment of the process.
      process.env = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const all = { offline: false, writeProbe: false, wait: 0, cloudTrail: false, ...options };
      return openContext({ ...process.env }, all, { ...systemNetwork, limits: LIMITS, ...network });
    },

    async diagnose(stage: Stage): Promise<Report> {
      const open = await world.open(stage);
      try {
        return await examine(CHECKS, open, { deadline: 20_000, strict: false });
      } finally {
        open.close();
      }
    },

    /** A server before the endpoint; its URL. */
    async front(handle: Parameters<typeof frontOf>[1]): Promise<string> {
      const front = await frontOf(world.studio.url, handle);
      fronts.push(front);
      return front.url;
    },

    /** Opens the server until the end of the test. */
    async keep(server: Server & { closeAllConnections(): void }, protocol: string): Promise<Front> {
      const front = await opened(server, protocol);
      fronts.push(front);
      return front;
    },

    failuresOf({ checks }: Report): string[] {
      return checks.filter(({ state }) => state === 'failed' || state === 'broken').map(({ id }) => id);
    },

    resultOf({ checks }: Report, id: string): Result {
      const result = checks.find((each) => each.id === id);
      if (result === undefined) throw new Error(`no result of ${id}`);
      return result;
    },

    /** What the operator reads of a check. */
    textOf(report: Report, id: string): string {
      const { says, cause = '', evidence = [], remedy = '' } = world.resultOf(report, id);
      return [says, cause, ...evidence, remedy].join('\n');
    },
  };
  return world;
}
