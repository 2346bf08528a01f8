import type { Pipeline } from '../../views/pipeline.js';
import { ago, bytes, clock, count, milliseconds } from '../format.js';
import { useView } from '../live.js';
import { Badge, Empty, Head, Panel, Scroll, WhenLoaded } from '../parts.js';

export function PipelinePage() {
  const pipeline = useView<Pipeline>('/api/pipeline', ['calls', 'refused']);
  return <WhenLoaded of={pipeline}>{(data) => <Filled pipeline={data} />}</WhenLoaded>;
}

function Filled({ pipeline }: { readonly pipeline: Pipeline }) {
  const { actions, refused, calls } = pipeline;
  const now = Date.now();
  if (actions.length === 0) {
    return (
      <Empty>
        <h2>No deliveries</h2>
        <p>Nobody has called this endpoint yet.</p>
      </Empty>
    );
  }
  return (
    <>
      <Panel title="Refused" aside={<span class="muted">as AWS would have refused it, with its words</span>}>
        {refused.length === 0 ? (
          <p class="muted">Nothing was refused.</p>
        ) : (
          <Scroll label="refused calls" tall>
            <table>
              <Head texts={['time', 'call', 'why']} numbers={['items']} />
              <tbody>
                {refused.map((refusal, index) => (
                  <tr key={index}>
                    <td>{clock(refusal.at)}</td>
                    <td>
                      {refusal.service} {refusal.action}
                    </td>
                    <td class="message">
                      <Badge tone={refusal.status === 200 ? 'warn' : 'bad'}>
                        {refusal.status === 200 ? 'in part' : refusal.code}
                      </Badge>{' '}
                      {refusal.fault !== undefined && <Badge>fault on demand</Badge>} {refusal.message}
                    </td>
                    <td class="number">{count(refusal.items)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
        {pipeline.madeOnDemand > 0 && (
          <p class="muted">
            {pipeline.madeOnDemand === 1 ? 'One call was' : `${count(pipeline.madeOnDemand)} calls were`} answered that
            the log group or its stream did not exist yet. The exporter makes them on demand and sends again.
          </p>
        )}
        {pipeline.refusedForgotten > 0 && <p class="muted">and {count(pipeline.refusedForgotten)} before these</p>}
      </Panel>
      <Panel title="Deliveries by call">
        <Scroll label="deliveries by call">
          <table>
            <Head texts={['call']} numbers={['calls', 'failed', 'items', 'sent', 'answered in', 'last']} />
            <tbody>
              {actions.map((action) => (
                <tr key={`${action.service} ${action.action}`}>
                  <th scope="row">
                    {action.service} {action.action}{' '}
                    {action.lastError !== null && <Badge tone="warn">{action.lastError}</Badge>}
                  </th>
                  <td class="number">{count(action.calls)}</td>
                  <td class={`number${action.failed > 0 ? ' bad-text' : ''}`}>{count(action.failed)}</td>
                  <td class="number">{count(action.items)}</td>
                  <td class="number">{bytes(action.wireBytes)}</td>
                  <td class="number">{milliseconds(action.averageMs)}</td>
                  <td class="number">{ago(action.lastAt, now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
        {pipeline.forgotten > 0 && (
          <p class="muted">
            of the last {count(calls.length)}; {count(pipeline.forgotten)} earlier calls are not counted any more
          </p>
        )}
      </Panel>
      <Panel title="The last calls">
        <Scroll label="the last calls" tall>
          <table>
            <Head texts={['time', 'call']} numbers={['status', 'items', 'sent', 'unpacked']} />
            <tbody>
              {calls.map((call) => (
                <tr key={call.id}>
                  <td>{clock(call.at)}</td>
                  <td>
                    {call.service} {call.action}
                  </td>
                  <td class="number">
                    <Badge tone={call.expected ? 'plain' : call.status === 0 || call.status >= 400 ? 'bad' : 'good'}>
                      {call.status === 0 ? (call.error ?? 'none') : call.status}
                    </Badge>
                  </td>
                  <td class="number">{count(call.items)}</td>
                  <td class="number">{bytes(call.wireBytes)}</td>
                  <td class="number">{bytes(call.bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Panel>
    </>
  );
}
