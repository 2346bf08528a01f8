/** What the traffic generator sent beside what arrived, per service, method and route; and the errors. */
export function compare(sent, { requests, errors }) {
  const arrived = new Map(
    requests.map(({ service, method, route, count, faults }) => [
      `${service} ${method} ${route}`,
      { requests: count, faults },
    ]),
  );
  const names = [...new Set([...sent.keys(), ...arrived.keys()])].sort();
  const none = { requests: 0, faults: 0 };
  const rows = names.map((name) => {
    const [a, b] = [sent.get(name) ?? none, arrived.get(name) ?? none];
    return { name, sent: a, arrived: b, equal: a.requests === b.requests && a.faults === b.faults };
  });
  const failures = [...sent.values()].reduce((sum, { faults }) => sum + faults, 0);
  const reported = errors.total;
  return { rows, failures, reported, complete: rows.every(({ equal }) => equal) && failures === reported };
}

export function renderComparison({ rows, failures, reported, complete }) {
  const line = (name, a, b, mark) => `${name.padEnd(64)}${String(a).padStart(8)}${String(b).padStart(10)}  ${mark}`;
  const mark = (equal) => (equal ? 'ok' : 'DIFFERS');
  return [
    line('request', 'sent', 'arrived', ''),
    ...rows.map(({ name, sent, arrived, equal }) => line(name, sent.requests, arrived.requests, mark(equal))),
    line('errors', failures, reported, mark(failures === reported)),
    '',
    complete ? 'every request and every error arrived' : 'something is missing',
  ].join('\n');
}
