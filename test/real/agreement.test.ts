import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { LocalAws } from '../e2e/support/aws.js';
import { Application } from '../e2e/support/process.js';
import { runningMoto } from './moto-server.js';
import { ReadBack, type SeriesDimensions } from './read-back.js';

const MANY_ROUTES = join(import.meta.dirname, 'fixtures/many-routes.cjs');
/** Relative: of a histogram, one adds up the values, which have seven significant digits; the other takes the sum that is told. */
const TOLERANCE = 1e-6;
const JSON_TYPE = 'application/x-amz-json-1.0';
const NAMESPACE = 'Shop';
const SERVICE = { Service: 'shop', Environment: 'prod' };
const OVERFLOW = { ...SERVICE, 'otel.metric.overflow': 'true' };
/** The aggregate of requests has room for 1000 combinations of attributes, so that what fails is in its overflow. */
const COMBINATIONS = { routes: 550, methods: ['GET', 'POST'] };
const ANSWERED = COMBINATIONS.routes * COMBINATIONS.methods.length;
const FAULTS = 5;
const ERRORS = 3;

describe('moto and the local endpoint, given the same requests of one application', function () {
  this.timeout(60_000);
  const moto = runningMoto();
  const closings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });

  it('agree on the faults, errors and durations of more combinations than there is room for', async () => {
    const local = await LocalAws.start();
    closings.push(() => local.close());
    const { endpoint } = moto();
    const both = await passOn(local.studio.url, endpoint);
    closings.push(() => both.server.close());
    await answerMany({ ...local.env(), AWS_ENDPOINT_URL_CLOUDWATCH: both.url });

    const readBackOf = (url: string) => {
      const readBack = new ReadBack({ ...moto(), endpoint: url }, NAMESPACE);
      closings.push(() => readBack.close());
      return readBack;
    };
    const [here, there] = [readBackOf(local.studio.url), readBackOf(endpoint)];
    const agreed = async (metric: string, dimensions: SeriesDimensions) => {
      const ours = await here.byGetMetricData(metric, dimensions);
      const theirs = await there.byGetMetricData(metric, dimensions);
      assert.ok(ours !== undefined && theirs !== undefined, `${metric} is at both`);
      assert.equal(ours.count, theirs.count, `${metric}: SampleCount`);
      for (const statistic of ['sum', 'average', 'min', 'max'] as const) {
        const off = Math.abs(ours[statistic] - theirs[statistic]);
        assert.ok(
          off <= TOLERANCE * Math.abs(theirs[statistic]),
          `${metric}: ${statistic} ${ours[statistic]}, ${theirs[statistic]}`,
        );
      }
      return ours;
    };

    const requests = ANSWERED + FAULTS + ERRORS;
    const faults = await agreed('http.server.fault', SERVICE);
    assert.deepEqual([faults.count, faults.sum, faults.average], [requests, FAULTS, FAULTS / requests]);
    const errors = await agreed('http.server.error', SERVICE);
    assert.deepEqual([errors.count, errors.sum, errors.average], [requests, ERRORS, ERRORS / requests]);
    assert.equal((await agreed('http.server.request.duration', SERVICE)).count, requests);
    const overflowing = await agreed('http.server.fault', OVERFLOW);
    assert.equal(overflowing.sum, FAULTS);
  });

  /** Has an application answer all combinations, then fail, and deliver all of it at its end. */
  async function answerMany(env: Record<string, string>): Promise<void> {
    const app = new Application(MANY_ROUTES, {
      env: { ...env, MONITORING_NAMESPACE: NAMESPACE, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod' },
    });
    closings.push(() => app.dispose());
    const url = await app.url();
    const ask = async (path: string, method = 'GET') => {
      const answer = await fetch(`${url}${path}`, { method });
      await answer.text();
      return answer.status;
    };
    for (const method of COMBINATIONS.methods)
      for (let route = 0; route < COMBINATIONS.routes; route++)
        assert.equal(await ask(`/routes/${route}`, method), 200);
    for (let fault = 0; fault < FAULTS; fault++) assert.equal(await ask(`/fault/${fault}`), 500);
    for (let error = 0; error < ERRORS; error++) assert.equal(await ask(`/error/${error}`), 404);
    app.kill('SIGTERM');
    const { code, stderr } = await app.ended();
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /dropped|lost/, stderr);
  }
});

/** A server that gives each PutMetricData to both, and answers what the local endpoint answers. */
async function passOn(local: string, moto: string): Promise<{ url: string; server: Server }> {
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: Buffer }> => {
    const body = await buffer(request);
    const { host, connection, 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = request.headers;
    const headers = Object.entries(rest).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    );
    const post = (url: string, content: Buffer, kept = headers) =>
      fetch(url, { method: 'POST', headers: kept, body: new Uint8Array(content) });
    const [ours, theirs] = await Promise.all([
      post(local, body),
      post(
        moto,
        withoutEntities(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body),
        headers.filter(([name]) => name !== 'content-encoding'),
      ),
    ]);
    if (!theirs.ok) throw new Error(`moto: HTTP ${theirs.status}`);
    return { status: ours.status, body: Buffer.from(await ours.arrayBuffer()) };
  };
  const server = createServer((request, response) => {
    answer(request)
      .then(({ status, body }) => response.writeHead(status, { 'content-type': JSON_TYPE }).end(body))
      .catch((error: unknown) => response.writeHead(400).end(String(error)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Moto takes `MetricData` alone, and forgets without a word what `EntityMetricData` holds. */
function withoutEntities(body: Buffer): Buffer {
  const { EntityMetricData = [], MetricData = [], ...rest } = JSON.parse(body.toString()) as PutMetricDataCommandInput;
  const all = [...MetricData, ...EntityMetricData.flatMap((group) => group.MetricData ?? [])];
  return Buffer.from(JSON.stringify({ ...rest, MetricData: all }));
}
