import assert from 'node:assert/strict';
import { stage } from './support/aws.js';

describe('what a listener of a request throws', () => {
  const on = stage();

  for (const order of ['before', 'after']) {
    for (const path of ['short', 'full']) {
      it(`reaches its domain, loaded ${order} the server was made, with the ${path} request path`, async () => {
        const env = on.aws.env({ MONITORING_REQUEST_PATH: path });
        const { code, stdout, stderr } = await on.start('domains.cjs', { env, args: [order] }).ended();
        assert.deepEqual([code, stdout], [0, 'taken: of a listener\n'], stderr);
      });
    }
  }
});
