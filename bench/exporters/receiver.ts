import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Received } from './received.js';

/** Answers both calls with success, in a process of its own so that it takes nothing from the one measured, and keeps the bodies. */
interface Request {
  readonly body: Buffer;
  readonly gzipped: boolean;
}

interface Datum {
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

interface PutMetricData {
  readonly MetricData?: readonly Datum[];
  readonly EntityMetricData?: readonly { readonly MetricData: readonly Datum[] }[];
}

interface PutLogEvents {
  readonly logEvents: readonly { readonly message: string }[];
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

/** What CloudWatch Logs adds to each event in its bill. */
const BYTES_PER_EVENT = 26;

let requests: Request[] = [];

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function received(): Received {
  let [raw, wire, billedLogBytes] = [0, 0, 0];
  const datums: string[] = [];
  for (const { body, gzipped } of requests) {
    const plain = gzipped ? gunzipSync(body) : body;
    wire += body.length;
    raw += plain.length;
    const call = JSON.parse(plain.toString('utf8')) as PutMetricData & Partial<PutLogEvents>;
    for (const { message } of call.logEvents ?? []) {
      billedLogBytes += Buffer.byteLength(message) + BYTES_PER_EVENT;
      datums.push(...embedded(JSON.parse(message) as EmbeddedMetrics));
    }
    const lists = [call.MetricData ?? [], ...(call.EntityMetricData ?? []).map(({ MetricData }) => MetricData)];
    for (const datum of lists.flat()) {
      const dimensions = (datum.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]);
      datums.push(JSON.stringify([datum.MetricName, dimensions.sort()]));
    }
  }
  return { requests: requests.length, raw, wire, billedLogBytes, datums: datums.length, series: new Set(datums).size };
}

function embedded(event: EmbeddedMetrics): string[] {
  return event._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => JSON.stringify([Name, names.map((name) => [name, event[name]]).sort()])),
    ),
  );
}

const server = createServer(async (request, response) => {
  const body = await bodyOf(request);
  requests.push({ body, gzipped: request.headers['content-encoding'] === 'gzip' });
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'application/json' }).end('{}');
});

process.on('message', (message) => {
  if (message === 'take') process.send?.(received());
  requests = [];
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
