// Makes as many spans a second as its argument says, until it is ended.
const { trace } = require('@opentelemetry/api');
const rate = Number(process.argv[2]);
const tracer = trace.getTracer('outage');
const begin = performance.now();
let made = 0;
setInterval(() => {
  for (const due = ((performance.now() - begin) / 1000) * rate; made < due; made += 1) {
    const attributes = {
      'http.request.method': 'GET',
      'http.route': '/experiments/:id',
      'http.response.status_code': 200,
      'url.path': `/experiments/${made}`,
      'url.scheme': 'https',
      'server.address': 'experiments.example.com',
      'client.address': '203.0.113.7',
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
      'network.protocol.version': '1.1',
      'enduser.id': `user-${made % 1000}`,
    };
    tracer.startSpan('GET /experiments/:id', { attributes }).end();
  }
}, 20);
