import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfiguration } from '../../../src/config/read.js';
import { LossNotices } from '../../../src/delivery/loss-notices.js';
import { Destinations } from '../../../src/delivery/worker/destinations.js';
import { nameDestinations } from '../../../src/resource/destination-names.js';
import { withApplicationSignals } from '../../../src/tracing/application-signals.js';
import { Ledger } from '../../../src/wire/ledger.js';
import { GrpcReceiver } from '../../otlp/grpc-receiver.js';
import { logRecord, scopeMetrics, span } from '../../otlp/telemetry.js';
import { NO_ACCESS } from './no-access.js';

const MEMBERS = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' } as const;
type Signal = keyof typeof MEMBERS;
const SIGNALS = Object.keys(MEMBERS) as Signal[];
type Answer = (signal: Signal, exportsBefore: number) => number;

interface Receiver {
  readonly url: string;
  close(): void;
}

/** `partial_success { rejected_…: <rejected> error_message: "too old" }`, for fewer than 128. */
function protobuf(rejected: number): Buffer {
  const partial = Buffer.concat([Buffer.from([0x08, rejected, 0x12, 7]), Buffer.from('too old')]);
  return Buffer.concat([Buffer.from([0x0a, partial.length]), partial]);
}

async function overHttp(rejects: Answer, isJson: boolean): Promise<Receiver> {
  let count = 0;
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => {
      const signal = request.url?.split('/').at(-1) as Signal;
      const rejected = rejects(signal, count++);
      const partialSuccess = { [MEMBERS[signal]]: String(rejected), errorMessage: 'too old' };
      response.writeHead(200, { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' });
      if (rejected === 0) response.end(isJson ? '{}' : '');
      else response.end(isJson ? JSON.stringify({ partialSuccess }) : protobuf(rejected));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function overGrpc(rejects: Answer): Promise<Receiver> {
  const receiver = await GrpcReceiver.start();
  receiver.answer = ({ signal }, before) => {
    const rejected = rejects(signal, before);
    const partialSuccess = { [MEMBERS[signal]]: rejected, errorMessage: 'too old' };
    return { response: rejected === 0 ? {} : { partialSuccess } };
  };
  return receiver;
}

const RECEIVERS: Readonly<Record<string, (rejects: Answer) => Promise<Receiver>>> = {
  'http/protobuf': (rejects) => overHttp(rejects, false),
  'http/json': (rejects) => overHttp(rejects, true),
  grpc: overGrpc,
};

for (const [protocol, start] of Object.entries(RECEIVERS)) {
  describe(`what a receiver rejects of a batch over ${protocol}`, () => {
    let receiver: Receiver | undefined;
    let ledger: Ledger;
    afterEach(() => receiver?.close());

    async function open(rejects: Answer): Promise<Destinations> {
      receiver = await start(rejects);
      ledger = new Ledger('worker');
      const { configuration } = readConfiguration({
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      });
      return new Destinations(
        nameDestinations(configuration, { name: 'shop' }),
        {},
        NO_ACCESS,
        withApplicationSignals,
        new LossNotices(ledger, () => {}),
      );
    }

    /** Three spans, one point of a metric and three errors. */
    async function deliverAll(to: Destinations): Promise<void> {
      const records = [logRecord(), logRecord(), logRecord()];
      await Promise.all([
        to.deliver({ kind: 'spans', spans: [span(), span(), span()] }),
        to.deliver({ kind: 'metrics', scopeMetrics: scopeMetrics('orders') }),
        to.deliverLogs(records).settled,
      ]);
    }
    const accounts = () =>
      SIGNALS.map((signal) => {
        const { delivered, lost } = ledger.entry(signal);
        return [signal, delivered, lost];
      });

    it('is lost and not delivered, of each signal', async () => {
      await deliverAll(await open((signal) => (signal === 'metrics' ? 1 : 2)));
      assert.deepEqual(accounts(), [
        ['traces', 1, { rejected: 2 }],
        ['metrics', 0, { rejected: 1 }],
        ['logs', 1, { rejected: 2 }],
      ]);
    });

    it('is counted with the batch that it was in, and no other', async () => {
      const to = await open((signal) => (signal === 'traces' ? 1 : 0));
      await deliverAll(to);
      await deliverAll(to);
      assert.deepEqual(accounts(), [
        ['traces', 4, { rejected: 2 }],
        ['metrics', 2, {}],
        ['logs', 6, {}],
      ]);
    });

    it('is no more than there was', async () => {
      await deliverAll(await open(() => 100));
      assert.deepEqual(accounts(), [
        ['traces', 0, { rejected: 3 }],
        ['metrics', 0, { rejected: 1 }],
        ['logs', 0, { rejected: 3 }],
      ]);
    });
  });
}
