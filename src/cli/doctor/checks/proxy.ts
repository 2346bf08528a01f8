import { type Check, info, pass } from '../check.js';
import { proxyVariables } from '../network-trouble.js';

export const proxy: Check = {
  id: 'MON-NET-006',
  title: 'A proxy is known where one is set',
  about:
    'HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured, but for this host and link-local addresses; NODE_USE_ENV_PROXY=0 leaves them out. The checks of the network go through the proxy as well, except to a collector by gRPC.',
  troubles: [
    {
      cause: 'The proxy does not let telemetry through.',
      remedy:
        'Allow CONNECT to the hosts that MON-NET-002 and those after it name, or a VPC endpoint whose hosts are in NO_PROXY.',
    },
  ],
  needs: [],
  reaches: 'offline',
  judges: 'shell',
  run({ env }) {
    const names = proxyVariables(env);
    return names.length === 0
      ? pass('none is set')
      : info(`${names.join(', ')} is set; telemetry to hosts that NO_PROXY does not name goes through it`);
  },
};
