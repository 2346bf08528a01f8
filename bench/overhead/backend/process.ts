import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { postgresServer } from '../../../test/instrumentation/postgres-server.js';
import { telemetryServer } from './telemetry.js';
import { upstreamServer } from './upstream.js';

/** All that an application under load talks to, in a process of its own. Its parent asks what was received since it last asked. */
export interface Ports {
  readonly telemetry: number;
  readonly upstream: number;
  readonly postgres: number;
}

const received = { requests: 0, bytes: 0 };

process.on('message', () => {
  process.send?.({ ...received });
  Object.assign(received, { requests: 0, bytes: 0 });
});
process.on('disconnect', () => process.exit());

const ports: Ports = {
  telemetry: await listen(telemetryServer(received)),
  upstream: await listen(upstreamServer()),
  postgres: await listen(postgresServer()),
};
process.send?.(ports);

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
