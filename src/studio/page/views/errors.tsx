import type { ErrorCause, ErrorEventView, ErrorGroup, ErrorList, ErrorReply } from '../../views/errors.js';
import { ago, count, dateTime } from '../format.js';
import { moveAmongLinks } from '../list-keys.js';
import { useView } from '../live.js';
import { addressOf, type Place, refine } from '../location.js';
import { Badge, Bars, Copyable, Empty, Panel, WhenLoaded } from '../parts.js';
import { EditorContext, SourceLines, Stack } from '../stack.js';

const KINDS = ['events', 'records'];

export function ErrorsPage({ place }: { readonly place: Place }) {
  return place.id === undefined ? <List place={place} /> : <Detail fingerprint={place.id} place={place} />;
}

function List({ place }: { readonly place: Place }) {
  const errors = useView<ErrorList>('/api/errors', KINDS);
  const search = place.query.get('q') ?? '';
  return (
    <WhenLoaded of={errors}>
      {(data) => {
        const shown = data.groups.filter((group) => matches(group, search));
        return (
          <>
            <div class="filters">
              <input
                type="search"
                value={search}
                placeholder="type, message, route, file"
                aria-label="search errors"
                onInput={(event) => refine(place, { q: event.currentTarget.value })}
              />
              <span class="muted" role="status">
                {count(data.total)} errors of {count(data.kinds)} kinds
                {data.suppressed > 0 && `, ${count(data.suppressed)} of them suppressed`}
              </span>
            </div>
            {shown.length === 0 ? (
              <Empty>
                <h2>No errors</h2>
                <p>{data.kinds === 0 ? 'None has arrived in this range.' : 'None fits the search.'}</p>
              </Empty>
            ) : (
              <Panel>
                <ul class="error-list" data-list onKeyDown={moveAmongLinks}>
                  {shown.map((group) => (
                    <GroupRow key={group.fingerprint} group={group} />
                  ))}
                </ul>
              </Panel>
            )}
          </>
        );
      }}
    </WhenLoaded>
  );
}

const matches = (group: ErrorGroup, search: string): boolean =>
  [group.type, group.message, group.where, group.service, group.fingerprint, ...group.routes]
    .join('\n')
    .toLowerCase()
    .includes(search.trim().toLowerCase());

function GroupRow({ group }: { readonly group: ErrorGroup }) {
  const now = Date.now();
  return (
    <li>
      <a href={addressOf('errors', group.fingerprint)}>
        <span class="what">
          <b>{group.type}</b> <span>{group.message}</span>
        </span>
        <span class="where muted">
          {group.where !== null && <code>{group.where}</code>} {group.routes.join(', ')}
        </span>
        <Bars values={group.trend} label={`${group.count} occurrences over the range`} tone="bad" />
        <span class="seen muted">
          last {ago(group.lastSeen, now)}
          <br />
          first {ago(group.firstSeen, now)}
        </span>
        <span class="count">
          {group.fatal && <Badge tone="bad">fatal</Badge>} <Badge tone="bad">{count(group.count)}</Badge>
        </span>
      </a>
    </li>
  );
}

function Detail({ fingerprint, place }: { readonly fingerprint: string; readonly place: Place }) {
  const detail = useView<ErrorReply>(`/api/errors/${encodeURIComponent(fingerprint)}`, KINDS);
  const shown = Math.max(Math.floor(Number(place.query.get('event') ?? 0)) || 0, 0);
  const show = (index: number) => refine(place, { event: index === 0 ? undefined : String(index) });
  return (
    <>
      <p class="back">
        <a href={addressOf('errors')}>← all errors</a>
      </p>
      <WhenLoaded of={detail}>
        {({ group, events, logGroup, editor }) => {
          const event = events[Math.min(shown, events.length - 1)];
          return (
            <>
              <Panel>
                <Head group={group} logGroup={logGroup} />
              </Panel>
              {event !== undefined && (
                <Panel
                  title={shown === 0 ? 'The newest' : `${shown + 1} of ${events.length}, newest first`}
                  aside={
                    <span class="segmented" role="group" aria-label="which event">
                      <button type="button" disabled={shown === 0} onClick={() => show(shown - 1)}>
                        newer
                      </button>
                      <button type="button" disabled={shown >= events.length - 1} onClick={() => show(shown + 1)}>
                        older
                      </button>
                    </span>
                  }
                >
                  <EditorContext.Provider value={editor}>
                    <Event event={event} />
                  </EditorContext.Provider>
                </Panel>
              )}
            </>
          );
        }}
      </WhenLoaded>
    </>
  );
}

function Head({ group, logGroup }: { readonly group: ErrorGroup; readonly logGroup: string | null }) {
  const now = Date.now();
  return (
    <div class="error-head">
      <h2>
        {group.type} {group.fatal && <Badge tone="bad">the process died of it</Badge>}
      </h2>
      <p class="message">{group.message}</p>
      <dl class="facts">
        <Fact name="occurrences">
          <b class="bad-text">{count(group.count)}</b>
          {group.suppressed > 0 && ` (${count(group.suppressed)} suppressed)`}
        </Fact>
        <Fact name="where">{group.where === null ? '–' : <code>{group.where}</code>}</Fact>
        <Fact name="routes">{group.routes.join(', ') || '–'}</Fact>
        <Fact name="service">{group.service || '–'}</Fact>
        <Fact name="first seen">
          <time title={dateTime(group.firstSeen)}>{ago(group.firstSeen, now)}</time>
        </Fact>
        <Fact name="last seen">
          <time title={dateTime(group.lastSeen)}>{ago(group.lastSeen, now)}</time>
        </Fact>
        <Fact name="log group">{logGroup ?? 'came by OTLP'}</Fact>
        <Fact name="fingerprint">
          <code>{group.fingerprint}</code>
        </Fact>
      </dl>
      <Bars values={group.trend} label={`${group.count} occurrences over the range`} tone="bad" />
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Event({ event }: { readonly event: ErrorEventView }) {
  return (
    <>
      <p>
        {dateTime(event.at)}
        {event.suppressed > 0 && (
          <>
            {' '}
            <Badge tone="warn">{count(event.suppressed)} suppressed before it</Badge>
          </>
        )}
      </p>
      {event.kind !== 'exception' && <p class="muted">{String(event.fields.body ?? '')}</p>}
      {event.traceId !== null && (
        <p class="ids">
          {event.traceHeld ? (
            <a href={addressOf('traces', event.traceId, { span: event.spanId ?? undefined })}>open the trace</a>
          ) : (
            <span class="muted">its trace is not here: not sampled, not arrived yet, or pushed out</span>
          )}{' '}
          <Copyable text={event.traceId} label="trace id" />
          {event.xrayTraceId !== null && <Copyable text={event.xrayTraceId} label="X-Ray trace id" />}
        </p>
      )}
      <SourceLines sources={event.sources} />
      <Stack stack={event.stack} />
      {event.causes.length > 0 && <Causes causes={event.causes} />}
      <Attributes event={event} />
    </>
  );
}

function Causes({ causes }: { readonly causes: readonly ErrorCause[] }) {
  return (
    <>
      <h3>Causes</h3>
      <ul class="causes">
        {causes.map((cause) => (
          <li key={cause.path} style={{ marginLeft: `${Math.max(cause.path.split('.').length - 1, 0) * 18}px` }}>
            <p>
              <code class="muted">{cause.path}</code> <b>{cause.type}</b> {cause.message}
            </p>
            {cause.stack !== '' && (
              <details>
                <summary>stack</summary>
                <Stack stack={cause.stack} />
              </details>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is told elsewhere on the page already. */
const TOLD =
  /^(attributes\.exception\.|attributes\.error\.suppressed|timestamp$|traceId|xrayTraceId|spanId|flags|body$)/;

function Attributes({ event }: { readonly event: ErrorEventView }) {
  const rows = flatten(event.fields, '').filter(([name]) => !TOLD.test(name));
  const request = rows.filter(([name]) => /^attributes\.(http|url|user_agent)\./.test(name));
  const rest = rows.filter((row) => !request.includes(row));
  return (
    <>
      {request.length > 0 && (
        <>
          <h3>Request</h3>
          <AttributeTable rows={request} />
        </>
      )}
      <h3>Context</h3>
      <AttributeTable rows={rest} />
      <details>
        <summary>the event as it is in the log group</summary>
        <pre class="raw">{JSON.stringify(event.fields, undefined, 2)}</pre>
      </details>
    </>
  );
}

export function AttributeTable({ rows }: { readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <table class="attributes">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name.replace(/^attributes\./, '')}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function flatten(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return [[path, value.join(', ')]];
  return Object.entries(value).flatMap(([name, member]) => flatten(member, path === '' ? name : `${path}.${name}`));
}
