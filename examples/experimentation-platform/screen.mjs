const MAX_ERRORS = 3;

/** One screenful of what has arrived. */
export function render({ requests, errors, spans, edges, host, cost }, { width, colour }) {
  const bold = (text) => (colour ? `\x1b[1m${text}\x1b[0m` : text);
  const services = [...new Set(requests.map(({ service }) => service))];
  return [
    ...services.flatMap((service) => [
      bold(service.padEnd(46)) + bold('   count  faults      p50      p99'),
      ...requests.filter((request) => request.service === service).map(requestLine),
      '',
    ]),
    bold(`errors: ${errors.total}`) + onTheWay(requests, errors),
    ...errors.events
      .filter(({ kind }) => kind === 'exception')
      .slice(-MAX_ERRORS)
      .map(errorLine),
    '',
    `${bold('spans')}: ${spans}`,
    bold('calls:'),
    ...edges.map(({ from, to, count }) => `  ${from} → ${to}`.padEnd(46) + String(count).padStart(8)),
    `${bold('host')}: ${hostLine(host)}`,
    `${bold('cost')}: ${cost.says}`,
  ]
    .map((line) => (colour ? line : line.slice(0, width)))
    .join('\n');
}

/** Requests and errors are sent at different moments. At the end there are as many errors as faults. */
function onTheWay(requests, { total }) {
  const faults = requests.reduce((sum, request) => sum + request.faults, 0);
  return faults > total ? ` (${faults - total} on the way)` : '';
}

function requestLine({ method, route, count, faults, p50, p99 }) {
  const name = `${method.padEnd(5)} ${route}`;
  return `${name.padEnd(46)}${String(count).padStart(8)}${String(faults).padStart(8)}${duration(p50)}${duration(p99)}`;
}

function errorLine({ type, message, fields, xrayTraceId }) {
  const { http } = fields.attributes;
  return `  ${type}: ${message}  ${http?.request?.method ?? ''} ${http?.route ?? ''}  ${xrayTraceId ?? ''}`;
}

function hostLine(host) {
  const value = (name) => host.get(name)?.value ?? average(host.get(name));
  const reading = (name, format) => (value(name) === undefined ? '–' : format(value(name)));
  const percent = (x) => `${x.toFixed(1)} %`;
  const mebibytes = (x) => `${(x / 1048576).toFixed(0)} MiB`;
  return [
    `container CPU ${reading('container.cpu.utilization', percent)}`,
    `memory ${reading('container.memory.utilization', percent)}`,
    `process ${reading('process.memory.usage', mebibytes)}`,
    `heap ${reading('v8js.memory.heap.used', mebibytes)}`,
    `event loop p99 ${reading('nodejs.eventloop.delay.p99', (x) => `${(x * 1000).toFixed(1)} ms`)}`,
  ].join(', ');
}

function average(datum) {
  const { sum, count } = datum?.statistics ?? {};
  return count > 0 ? sum / count : undefined;
}

function duration(seconds) {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`.padStart(9);
  return (seconds === null ? '–' : `${(seconds * 1000).toFixed(1)} ms`).padStart(9);
}
