import type { CostPartName, MonthlyCost } from '../../../pricing/monthly-cost.js';
import type { CostView } from '../../views/cost.js';
import { count, dollars } from '../format.js';
import { useView } from '../live.js';
import { addressOf } from '../location.js';
import { Badge, Head, Panel, Scroll, WhenLoaded } from '../parts.js';

export function CostPage() {
  const cost = useView<CostView>('/api/cost', ['datums', 'events', 'spans', 'calls']);
  return <WhenLoaded of={cost}>{(data) => <Filled cost={data} />}</WhenLoaded>;
}

function Filled({ cost }: { readonly cost: CostView }) {
  const most = Math.max(...cost.metrics.map(({ series }) => series), 1);
  return (
    <>
      <div class="columns">
        <Panel title="Cost a month">
          <p class="total">{dollars(cost.dollars)}</p>
          <table>
            <tbody>
              {cost.parts.map(({ what, quantity, dollars: amount }) => (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td class="muted">{quantity}</td>
                  <td class="number">{dollars(amount)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="muted assumptions">
            Without error logs and traces, which depend on traffic. {cost.prices}. One process of each service, and
            exports every {cost.interval} s. Series are billed once however many processes send them.
          </p>
        </Panel>
        <TrafficPanel traffic={cost.traffic} />
        <Panel title="What would save">
          {cost.presets.length === 0 && cost.offenders.length === 0 && (
            <p class="muted">Nothing: no dimension multiplies anything here.</p>
          )}
          {cost.presets.map(({ name, series, saves }) => (
            <p key={name} class="preset">
              <code>MONITORING_METRIC_DIMENSIONS={name}</code> leaves {count(series)} series:{' '}
              <Badge tone="good">{dollars(saves)} less a month</Badge>
            </p>
          ))}
          {cost.offenders.length > 0 && (
            <Scroll label="What would save">
              <table>
                <Head texts={['without the attribute']} numbers={['values', 'series with it', 'saves a month']} />
                <tbody>
                  {cost.offenders.map((offender) => (
                    <tr key={offender.dimension}>
                      <th scope="row" title={offender.examples.join(', ')}>
                        <code>{offender.dimension}</code>
                        <span class="muted examples"> {offender.examples.join(', ')}</span>
                      </th>
                      <td class="number">{count(offender.values)}</td>
                      <td class="number">{count(offender.series)}</td>
                      <td class="number">{dollars(offender.saves)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          )}
        </Panel>
      </div>
      <Panel title="By metric" aside={<span class="muted">{count(cost.series)} series</span>}>
        <Scroll label="By metric">
          <table>
            <Head texts={['metric', 'namespace']} numbers={['series', 'a month']} />
            <tbody>
              {cost.metrics.map((metric) => (
                <tr key={`${metric.namespace} ${metric.name}`}>
                  <th scope="row">
                    <a href={addressOf('metrics', undefined, { q: metric.name })}>{metric.name}</a>
                  </th>
                  <td class="muted">{metric.namespace}</td>
                  <td class="number">
                    <span class="share" style={{ '--share': `${(metric.series / most) * 100}%` }}>
                      {count(metric.series)}
                    </span>
                  </td>
                  <td class="number">{dollars(metric.dollars)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Panel>
    </>
  );
}

const MOST_WORDS = 'Not in it: background work, failed requests that are traced afterwards, and queries.';

/** What requests like those that arrived would cost, whatever the time in which they came. */
function TrafficPanel({ traffic }: Pick<CostView, 'traffic'>) {
  if (traffic === null) return <Panel title="With traffic">No request has arrived yet.</Panel>;
  const { reservoirPerSecond, ratio, mostBytesPerSecond } = traffic.sampling;
  return (
    <Panel title="With traffic">
      <Scroll label="With traffic">
        <table>
          <Head texts={['requests a month']} numbers={['error logs', 'traces', 'whole cost']} />
          <tbody>
            {traffic.months.map(({ requests, cost }) => (
              <tr key={requests}>
                <th scope="row">{count(requests)}</th>
                <td class="number">{partOf(cost, 'error logs')}</td>
                <td class="number">{partOf(cost, 'traces')}</td>
                <td class="number">{dollars(cost.dollars)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="muted assumptions">
        By {count(traffic.requests)} requests that arrived. Traced: {reservoirPerSecond} a second and {ratio * 100} % of
        the rest{mostBytesPerSecond !== undefined && ', within the budget of one process (MONITORING_TRACE_BUDGET)'}.{' '}
        {MOST_WORDS}
      </p>
    </Panel>
  );
}

const partOf = ({ parts }: MonthlyCost, name: CostPartName): string =>
  dollars(parts.find(({ what }) => what === name)?.dollars ?? 0);
