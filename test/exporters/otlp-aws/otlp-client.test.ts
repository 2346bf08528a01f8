import assert from 'node:assert/strict';
import { systemClock } from '../../../exporters/aws/clock.js';
import { OtlpClient } from '../../../exporters/otlp-aws/otlp-client.js';
import { type LoopbackServer, startServer } from '../aws/loopback-server.js';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

describe('OTLP client', () => {
  let server: LoopbackServer;

  beforeEach(async () => {
    server = await startServer((_received, response) => void response.end());
  });

  afterEach(() => server.close());

  for (const size of [1023, 1024]) {
    it(`has done with ${size} bytes as soon as it was given them: their memory may be used again or freed`, async () => {
      const aws = { region: 'eu-west-1', credentials: CREDENTIALS, endpoint: server.url };
      const client = new OtlpClient({
        service: 'xray',
        path: '/v1/traces',
        aws,
        clock: systemClock,
        hasOwnThread: true,
      });
      const body = new Uint8Array(size).fill(7);
      const posted = client.post(body, new AbortController().signal);
      body.fill(0);
      await posted;
      client.destroy();
      const [received] = server.received;
      assert.deepEqual(received?.body, Buffer.alloc(size, 7));
      assert.equal(received?.headers['content-encoding'], size < 1024 ? undefined : 'gzip');
    });
  }
});
