import type { RouteReport } from '../../request-report.js';
import type { HostReading, Overview } from '../../views/overview.js';
import { Chart } from '../chart.js';
import { ago, count, dollars, figure, milliseconds, percent, withUnit } from '../format.js';
import { moveAmongLinks } from '../list-keys.js';
import { useView } from '../live.js';
import { addressOf } from '../location.js';
import { Badge, Bars, Empty, Head, Panel, Scroll, Spark, WhenLoaded } from '../parts.js';

const KINDS = ['datums', 'points', 'spans', 'events', 'records', 'refused'];

export function OverviewPage() {
  const overview = useView<Overview>('/api/overview', KINDS);
  return <WhenLoaded of={overview}>{(data) => (data.anything ? <Filled overview={data} /> : <Waiting />)}</WhenLoaded>;
}

function Waiting() {
  return (
    <Empty>
      <h2>Nothing has arrived yet</h2>
      <p>Start your application pointed at this address, with the preload:</p>
      <pre>
        AWS_ENDPOINT_URL={location.origin} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local \
        {'\n'}
        OTEL_METRIC_EXPORT_INTERVAL=2000 OTEL_METRIC_EXPORT_TIMEOUT=2000 \{'\n'}
        node --require @org/monitoring/register app.js
      </pre>
      <p>or any OpenTelemetry SDK or collector that sends OTLP over HTTP:</p>
      <pre>OTEL_EXPORTER_OTLP_ENDPOINT={location.origin} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf</pre>
    </Empty>
  );
}

function Filled({ overview }: { readonly overview: Overview }) {
  const { requests, slowest, errors, cost, refused } = overview;
  const worst = errors.groups[0];
  return (
    <div class="overview">
      {refused > 0 && (
        <p class="notice warn">
          AWS would have refused some of what was sent: <a href={addressOf('pipeline')}>{count(refused)} refusals</a>
        </p>
      )}
      <div class="answers">
        <Answer
          question="How much"
          value={requests.perSecond === null ? '–' : figure(requests.perSecond)}
          unit="requests a second"
        >
          {count(requests.total)} in this range, {percent(requests.total === 0 ? 0 : requests.faults / requests.total)}{' '}
          failed
        </Answer>
        <Answer
          question="What is slow"
          value={slowest === null ? '–' : milliseconds((slowest.p99 ?? 0) * 1000)}
          unit="99th percentile"
        >
          {slowest === null ? 'no route has enough requests yet' : <RouteName route={slowest} />}
        </Answer>
        <Answer
          question="What fails"
          value={count(errors.total)}
          unit={errors.total === 1 ? 'error' : 'errors'}
          bad={errors.total > 0}
        >
          {worst === undefined ? (
            'nothing'
          ) : (
            <a href={addressOf('errors', worst.fingerprint)}>
              {worst.type} {worst.where !== null && <code>{worst.where}</code>}
            </a>
          )}
        </Answer>
        <Answer question="What it costs" value={dollars(cost.dollars)} unit="a month, without error logs and traces">
          <a href={addressOf('cost')}>{count(cost.series)} series</a>
          {cost.largest !== null && <span class="muted">, most for {cost.largest.name}</span>}
        </Answer>
      </div>
      <Panel title="Requests per second" wide>
        <Chart
          title="requests per second"
          times={requests.timeline.times}
          lines={[
            { label: 'answered', values: requests.timeline.ok },
            { label: 'failed (5xx)', values: requests.timeline.faults, color: badColor() },
          ]}
          format={(value) => `${figure(value)}/s`}
          stacked
          height={180}
        />
      </Panel>
      <div class="columns">
        <Panel title="Routes" aside={<span class="muted">slowest first</span>}>
          <Routes routes={overview.routes} />
        </Panel>
        <Panel
          title="Errors"
          aside={<a href={addressOf('errors')}>{errors.kinds === 1 ? '1 kind' : `all ${count(errors.kinds)} kinds`}</a>}
        >
          <Failing groups={errors.groups} />
        </Panel>
      </div>
      {overview.host.length > 0 && (
        <Panel title="Host" wide>
          <ul class="host">
            {overview.host.map((reading) => (
              <Reading key={reading.name} reading={reading} />
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}

const badColor = (): string => getComputedStyle(document.documentElement).getPropertyValue('--bad').trim();

function Answer({
  question,
  value,
  unit,
  bad,
  children,
}: {
  readonly question: string;
  readonly value: string;
  readonly unit: string;
  readonly bad?: boolean;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <section class="answer" aria-label={question}>
      <h2>{question}</h2>
      <p class={`large${bad ? ' bad-text' : ''}`}>
        {value} <small>{unit}</small>
      </p>
      <p class="detail">{children}</p>
    </section>
  );
}

function RouteName({
  route: { method, route, other },
}: {
  readonly route: Pick<RouteReport, 'method' | 'route' | 'other'>;
}) {
  if (other) return <span title="past the limit of series, or without a route">{method} other routes</span>;
  return (
    <span class="route">
      <b>{method}</b> {route}
    </span>
  );
}

function Routes({ routes }: { readonly routes: readonly RouteReport[] }) {
  if (routes.length === 0) return <p class="muted">No requests in this range.</p>;
  const timeOf = ({ p99, maximum, other }: RouteReport): number => p99 ?? (other ? (maximum ?? 0) : 0);
  const slowest = Math.max(...routes.map(timeOf), 1e-9);
  const sorted = [...routes].sort((a, b) => timeOf(b) - timeOf(a));
  return (
    <Scroll label="routes">
      <table class="routes" data-list onKeyDown={moveAmongLinks}>
        <Head texts={['route']} numbers={['requests', 'failed', 'p50', 'p99']} />
        <tbody>
          {sorted.map((route) => (
            <tr key={`${route.source} ${route.service} ${route.environment} ${route.method} ${route.route}`}>
              <th scope="row">
                <a href={addressOf('traces', undefined, { route: route.route || undefined })}>
                  <RouteName route={route} />
                </a>
              </th>
              <td class="number">{count(route.count)}</td>
              <td class={`number${route.faults > 0 ? ' bad-text' : ' muted'}`}>{count(route.faults)}</td>
              <td class="number">{route.p50 === null ? '–' : milliseconds(route.p50 * 1000)}</td>
              <td class="number">
                <span class="share" style={{ '--share': `${(timeOf(route) / slowest) * 100}%` }}>
                  {slowestOf(route)}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Of other routes only the longest request may be known. */
function slowestOf({ p99, maximum, other }: RouteReport): string {
  if (p99 !== null) return milliseconds(p99 * 1000);
  return other && maximum !== null ? `up to ${milliseconds(maximum * 1000)}` : '–';
}

function Failing({ groups }: { readonly groups: Overview['errors']['groups'] }) {
  if (groups.length === 0) return <p class="muted">No errors in this range.</p>;
  const now = Date.now();
  return (
    <ul class="failing" data-list onKeyDown={moveAmongLinks}>
      {groups.map((group) => (
        <li key={group.fingerprint}>
          <a href={addressOf('errors', group.fingerprint)}>
            <span class="what">
              <b>{group.type}</b> {group.message}
            </span>
            <span class="where muted">
              {group.where !== null && <code>{group.where}</code>} {group.routes[0]} · {ago(group.lastSeen, now)}
            </span>
            <Bars values={group.trend} label={`${group.count} occurrences over the range`} tone="bad" />
            <Badge tone="bad">{count(group.count)}</Badge>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Reading({ reading: { name, unit, value, trend } }: { readonly reading: HostReading }) {
  return (
    <li>
      <span class="name">{name}</span>
      <span class="value">{withUnit(value, unit)}</span>
      <Spark values={trend} label={`${name}, now ${withUnit(value, unit)}`} />
    </li>
  );
}
