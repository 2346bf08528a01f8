// Prints the folder of a set of database drivers, AWS clients and the like, fetched from npm into the user's cache when
// it is not there yet:   node scripts/drivers.mjs [current] [databases] [newest]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Packages under their own names: an instrumentation knows a package by its folder. */
export const DRIVERS = {
  /** What the instrumentations cover. */
  current: {
    '@aws-sdk/client-bedrock-runtime': '^3.1000.0',
    '@aws-sdk/client-dynamodb': '^3.1000.0',
    '@aws-sdk/client-lambda': '^3.1000.0',
    '@aws-sdk/client-sns': '^3.1000.0',
    '@aws-sdk/client-sqs': '^3.1000.0',
    amqplib: '2.3.1',
    graphql: '16',
    ioredis: '5',
    kafkajs: '2.2.4',
    knex: '3.3.0',
    openai: '6.49.0',
    pg: '8.23.1',
    'pg-cursor': '2',
    'pg-query-stream': '4',
    redis: '5',
    'socket.io': '4.8.4',
    'socket.io-client': '4.8.4',
  },
  /** Databases and RPC whose durations are measured. */
  databases: {
    '@aws-sdk/client-dynamodb': '^3.1000.0',
    '@aws-sdk/client-lambda': '^3.1000.0',
    '@aws-sdk/client-sqs': '^3.1000.0',
    '@grpc/grpc-js': '1',
    'cassandra-driver': '4',
    ioredis: '5',
    knex: '3.3.0',
    memcached: '2.2.2',
    mongodb: '6',
    mongoose: '8',
    mysql: '2.18.1',
    mysql2: '3',
    pg: '8.23.1',
    'pg-cursor': '2',
    'pg-query-stream': '4',
    redis: '5',
    tedious: '18',
  },
  /** Libraries that the harness of hostile inputs calls against stubs. */
  hostile: {
    '@grpc/grpc-js': '1.14.7',
    '@hapi/hapi': '21.4.10',
    '@koa/router': '13.1.1',
    '@nestjs/common': '11.1.6',
    '@nestjs/core': '11.1.6',
    '@nestjs/platform-express': '11.1.6',
    'cassandra-driver': '4.8.0',
    connect: '3.7.0',
    dataloader: '2.2.3',
    express: '5.1.0',
    'generic-pool': '3.9.0',
    koa: '3.0.1',
    'lru-memoizer': '2.3.0',
    memcached: '2.2.2',
    mongodb: '6.20.0',
    mongoose: '8.18.0',
    mysql: '2.18.1',
    mysql2: '3.14.3',
    oracledb: '6.9.0',
    'reflect-metadata': '0.2.2',
    restify: '11.1.0',
    router: '2.2.0',
    rxjs: '7.8.2',
    tedious: '18.6.1',
  },
  /** Newer majors. */
  newest: { graphql: '17.1.0', openai: '7.59.0' },
};

/** The folder with `node_modules`, or an Error that says why there is none. */
export function driversFolder(set) {
  const dependencies = DRIVERS[set];
  const hash = createHash('sha256').update(JSON.stringify(dependencies)).digest('hex').slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'org-monitoring/drivers');
  const folder = join(cache, `${set}-${hash}`);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'package.json'), JSON.stringify({ name: 'drivers', private: true, dependencies }));
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    renameSync(work, folder);
    return folder;
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    const [line] = String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .filter((each) => !each.startsWith('npm warn'));
    return new Error(`the drivers could not be fetched: ${line}`);
  }
}

if (import.meta.filename === process.argv[1]) {
  for (const set of process.argv.slice(2)) {
    const folder = driversFolder(set);
    if (folder instanceof Error) {
      console.error(folder.message);
      process.exitCode = 1;
    } else console.log(folder);
  }
}
