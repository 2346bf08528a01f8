import { Agent, request } from 'node:http';

const API = 'experimentation-platform';
/** What the API asks the other service for the two actions that need a variant. */
const ASSIGNMENT = 'assignment-service POST /assignments';

/** What visitors do, by weight. `route` is the template that monitoring should report for it; `calls`, a request that follows from it. */
const ACTIONS = [
  { weight: 20, method: 'GET', route: '/health', path: () => '/health' },
  { weight: 15, method: 'GET', route: '/experiments', path: () => '/experiments' },
  { weight: 3, method: 'POST', route: '/experiments', path: () => '/experiments', body: () => ({ name: 'banner' }) },
  { weight: 2, method: 'POST', route: '/experiments', path: () => '/experiments', body: () => ({}) },
  { weight: 15, method: 'GET', route: '/experiments/:id', path: () => `/experiments/${one(2)}` },
  { weight: 3, method: 'GET', route: '/experiments/:id', path: () => '/experiments/none' },
  {
    weight: 25,
    method: 'POST',
    route: '/experiments/:id/assignments',
    path: () => `/experiments/${one(2)}/assignments`,
    body: user,
    calls: ASSIGNMENT,
  },
  {
    weight: 10,
    method: 'POST',
    route: '/experiments/:id/conversions',
    path: () => `/experiments/${one(2)}/conversions`,
    body: user,
    calls: ASSIGNMENT,
  },
  { weight: 5, method: 'GET', route: '/experiments/:id/results', path: () => `/experiments/${one(2)}/results` },
  { weight: 2, method: 'GET', route: '/test-error', path: () => '/test-error' },
  { weight: 1, method: 'GET', route: 'unmatched', path: () => '/wp-login.php' },
];
const TOTAL_WEIGHT = ACTIONS.reduce((sum, { weight }) => sum + weight, 0);

function one(of) {
  return 1 + Math.floor(Math.random() * of);
}

function user() {
  return { userId: `user-${one(1000)}` };
}

function choose() {
  let left = Math.random() * TOTAL_WEIGHT;
  for (const action of ACTIONS) {
    left -= action.weight;
    if (left < 0) return action;
  }
  return ACTIONS[0];
}

/**
 * Sends requests until `stop` is called and counts what was answered.
 * @returns {{ sent: Map<string, { requests: number, faults: number }>, stop(): Promise<void> }} per `service METHOD route`
 */
export function startTraffic(baseUrl, { perSecond }) {
  const sent = new Map();
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const inFlight = new Set();

  const enter = (key, isFault) => {
    const { requests, faults } = sent.get(key) ?? { requests: 0, faults: 0 };
    sent.set(key, { requests: requests + 1, faults: faults + (isFault ? 1 : 0) });
  };
  const timer = setInterval(() => {
    const action = choose();
    const done = send(baseUrl, action, agent).then((status) => {
      enter(`${API} ${action.method} ${action.route}`, status >= 500);
      if (action.calls) enter(action.calls, false);
    });
    inFlight.add(done);
    done.finally(() => inFlight.delete(done));
  }, 1000 / perSecond);

  return {
    sent,
    async stop() {
      clearInterval(timer);
      await Promise.all(inFlight);
      agent.destroy();
    },
  };
}

function send(baseUrl, { method, path, body }, agent) {
  return new Promise((resolve, reject) => {
    const payload = body && JSON.stringify(body());
    const headers = payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {};
    const outgoing = request(new URL(path(), baseUrl), { method, headers, agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
