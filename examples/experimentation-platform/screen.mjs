const MAX_ERRORS = 3;

/** One screenful of what has arrived. */
export function render({ requests, errors, spans, host, cost }, { width, colour }) {
  const bold = (text) => (colour ? `\x1b[1m${text}\x1b[0m` : text);
  return [
    bold('requests'.padEnd(46)) + bold('   count  faults      p50      p99'),
    ...requests.map(requestLine),
    '',
    bold(`errors: ${occurrences(errors)}`),
    ...errors
      .filter(({ eventName }) => eventName === 'exception')
      .slice(-MAX_ERRORS)
      .map(errorLine),
    '',
    `${bold('spans')}: ${spans}`,
    `${bold('host')}: ${hostLine(host)}`,
    `${bold('cost')}: ${cost.series} series, about $${cost.dollars.toFixed(2)} a month`,
  ]
    .map((line) => (colour ? line : line.slice(0, width)))
    .join('\n');
}

/** Events, and what was counted instead of sent while one kind came too often. */
export function occurrences(errors) {
  const events = errors.filter(({ eventName }) => eventName === 'exception').length;
  return errors.reduce((sum, { attributes }) => sum + (attributes?.error?.suppressed ?? 0), events);
}

function requestLine({ method, route, count, faults, p50, p99 }) {
  const name = `${method.padEnd(5)} ${route}`;
  return `${name.padEnd(46)}${String(count).padStart(8)}${String(faults).padStart(8)}${duration(p50)}${duration(p99)}`;
}

function errorLine({ attributes, xrayTraceId }) {
  const { exception, http } = attributes;
  return `  ${exception.type}: ${exception.message}  ${http?.request?.method ?? ''} ${http?.route ?? ''}  ${xrayTraceId ?? ''}`;
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
  return (seconds === null ? '–' : `${(seconds * 1000).toFixed(1)} ms`).padStart(9);
}
