// Runs under the preload. Queues spans and fills series, hands all over at once, and prints how long the loop was held, in milliseconds.
const { metrics, trace, SpanKind } = require('@opentelemetry/api');
const { flush } = require('../../dist/index.cjs');

const { series, spans, ticks } = JSON.parse(process.argv[2]);
/** Enough of them, spread like latencies, for a histogram to use all of its buckets. */
const VALUES_A_SERIES = 200;

const histogram = metrics.getMeter('bench').createHistogram('bench.duration', { unit: 's' });
const tracer = trace.getTracer('bench');

function latency() {
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return 0.02 * Math.exp(0.8 * normal);
}

function prepare() {
  for (let index = 0; index < series; index += 1) {
    const attributes = { 'http.route': `/route-${index}/:id`, 'http.request.method': 'GET', 'server.address': 'shop' };
    for (let value = 0; value < VALUES_A_SERIES; value += 1) histogram.record(latency(), attributes);
  }
  for (let index = 0; index < spans; index += 1) {
    const attributes = {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/experiments/:id',
      'url.path': `/experiments/${index}`,
      'url.scheme': 'http',
      'server.address': 'shop.example.com',
      'server.port': 443,
      'client.address': '192.0.2.17',
      'network.protocol.version': '1.1',
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    };
    tracer.startSpan('GET /experiments/:id', { kind: SpanKind.SERVER, attributes }).end();
  }
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The longest turn of the loop while `task` goes on. */
async function longestTurn(task) {
  let [longest, last, going] = [0, performance.now(), true];
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (going) setImmediate(turn);
  };
  setImmediate(turn);
  await sleep(5);
  [longest, last] = [0, performance.now()];
  await task();
  await sleep(20);
  going = false;
  return longest;
}

(async () => {
  const held = [];
  for (let tick = 0; tick < ticks; tick += 1) {
    prepare();
    await sleep(50);
    held.push(await longestTurn(flush));
  }
  console.log(JSON.stringify(held));
  process.exit();
})();
