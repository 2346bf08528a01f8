/** Moto's AWS server as a process on a loopback port: a second implementation of what our exporters talk to. */

import { runningServer } from './running-server.js';

/** What every client of it needs; nothing comes from the environment. */
export interface MotoConnection {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string };
}

/** Runs moto for the suite and empties it before each test. Port 0 lets the system choose a free one. */
export function runningMoto(): () => MotoConnection {
  const endpointOf = runningServer({
    name: 'moto',
    installer: 'moto.mjs',
    args: ['-H', '127.0.0.1', '-p', '0'],
    says: /Running on (http:\/\/127\.0\.0\.1:\d+)/,
  });

  beforeEach(async () => {
    const answer = await fetch(`${endpointOf()}/moto-api/reset`, { method: 'POST' });
    if (!answer.ok) throw new Error(`moto was not emptied: HTTP ${answer.status}`);
  });

  return () => ({
    endpoint: endpointOf(),
    region: 'us-west-2',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}
