import type { CostView } from '../../views/cost.js';
import { count, dollars, milliseconds } from '../format.js';
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
      {!cost.priced && (
        <p class="notice warn">This endpoint was started without prices of metrics; the rest is priced.</p>
      )}
      <div class="columns">
        <Panel title="A month of this">
          <p class="total">{dollars(cost.dollars)}</p>
          <table>
            <tbody>
              {cost.parts.map(({ what, basis, dollars: amount }) => (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td class="muted">{basis}</td>
                  <td class="number">{dollars(amount)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="muted assumptions">
            {cost.prices}. Rates were observed for {milliseconds(cost.observed * 1000)}; exports every {cost.interval}{' '}
            s, as in production. Series are billed once however many processes send them.
          </p>
        </Panel>
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
