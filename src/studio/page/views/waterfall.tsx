import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Span } from '../../otlp-model.js';
import type { Occurrence } from '../../views/occurrence.js';
import type { Waterfall, WaterfallRow } from '../../views/waterfall.js';
import { count, dateTime, milliseconds } from '../format.js';
import { useView } from '../live.js';
import { addressOf, type Place, refine } from '../location.js';
import { Badge, Copyable, Panel, VirtualList, WhenLoaded } from '../parts.js';
import { AttributeTable, flatten } from './errors.js';

const ROW = 26;

export function WaterfallPage({ traceId, place }: { readonly traceId: string; readonly place: Place }) {
  const waterfall = useView<Waterfall>(`/api/traces/${encodeURIComponent(traceId)}/waterfall`, ['spans']);
  return (
    <>
      <p class="back">
        <a href={addressOf('traces')}>← all traces</a>
      </p>
      <WhenLoaded of={waterfall}>{(data) => <Trace waterfall={data} place={place} />}</WhenLoaded>
    </>
  );
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

function Trace({ waterfall, place }: { readonly waterfall: Waterfall; readonly place: Place }) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const errorsOnly = place.query.get('errors') === 'only';
  const selected = place.query.get('span') ?? undefined;
  const services = useMemo(() => [...new Set(waterfall.rows.map(({ service }) => service))], [waterfall]);
  const rows = useMemo(() => visible(waterfall.rows, collapsed, errorsOnly), [waterfall, collapsed, errorsOnly]);
  const at = selected === undefined ? -1 : rows.findIndex(({ id }) => id === selected);
  const select = (id: string | undefined) => refine(place, { span: id });
  const toggle = (id: string) =>
    setCollapsed((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const keyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    if (row === undefined) return;
    if (event.key === 'ArrowLeft' && !collapsed.has(row.id)) toggle(row.id);
    else if (event.key === 'ArrowRight' && collapsed.has(row.id)) toggle(row.id);
  };
  return (
    <>
      <Panel>
        <div class="trace-head">
          <h2>{waterfall.name}</h2>
          {waterfall.status !== null && (
            <Badge tone={waterfall.status >= 500 ? 'bad' : 'plain'}>{waterfall.status}</Badge>
          )}
          <b>{milliseconds(waterfall.durationMs)}</b>
          <span>{waterfall.spans === 1 ? '1 span' : `${count(waterfall.spans)} spans`}</span>
          <span class="muted">{dateTime(waterfall.start)}</span>
          <Copyable text={waterfall.traceId} label="trace id" />
          <Copyable text={waterfall.xrayTraceId} label="X-Ray trace id" />
        </div>
        {waterfall.orphans > 0 && (
          <p class="notice warn">
            {count(waterfall.orphans)}{' '}
            {waterfall.orphans === 1 ? 'span names a parent that is' : 'spans name parents that are'} not here: sampled
            elsewhere, not arrived yet, or pushed out. They are marked ⚬ and stand on their own.
          </p>
        )}
        <div class="filters">
          <label>
            <input
              type="checkbox"
              checked={errorsOnly}
              onChange={(event) => refine(place, { errors: event.currentTarget.checked ? 'only' : undefined })}
            />
            errors only
          </label>
          {services.length > 1 && (
            <ul class="legend">
              {services.slice(0, 8).map((service, index) => (
                <li key={service}>
                  <i class={`swatch s${(index % 8) + 1}`} aria-hidden="true" />
                  {service}
                </li>
              ))}
            </ul>
          )}
        </div>
        <Scale duration={waterfall.durationMs} />
        <VirtualList
          items={rows}
          rowHeight={ROW}
          height={selected === undefined ? 'calc(100vh - 300px)' : '44vh'}
          label={`spans of ${waterfall.name}`}
          onKeyDown={keyDown}
          onMove={({ id }) => select(id)}
          revealed={at}
          render={(row, _index, tabIndex) => (
            <SpanRow
              row={row}
              tabIndex={tabIndex}
              duration={waterfall.durationMs}
              color={services.indexOf(row.service) % 8}
              selected={row.id === selected}
              collapsed={collapsed.has(row.id)}
              onSelect={() => select(row.id === selected ? undefined : row.id)}
              onToggle={() => toggle(row.id)}
            />
          )}
        />
      </Panel>
      <SpanPanel traceId={waterfall.traceId} spanId={selected} onClose={() => select(undefined)} />
    </>
  );
}

function visible(rows: readonly WaterfallRow[], collapsed: ReadonlySet<string>, errorsOnly: boolean): WaterfallRow[] {
  const shown: WaterfallRow[] = [];
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index];
    if (row === undefined) continue;
    if (!errorsOnly || row.error) shown.push(row);
    if (collapsed.has(row.id)) index += row.below;
  }
  return shown;
}

function Scale({ duration }: { readonly duration: number }) {
  return (
    <div class="scale" aria-hidden="true">
      {[0, 0.25, 0.5, 0.75].map((part) => (
        <span key={part} style={{ left: `${part * 100}%` }}>
          {milliseconds(duration * part)}
        </span>
      ))}
    </div>
  );
}

/** Levels that are drawn further in; deeper ones would leave no room for names. */
const DRAWN_DEPTH = 12;

function SpanRow({
  row,
  tabIndex,
  duration,
  color,
  selected,
  collapsed,
  onSelect,
  onToggle,
}: {
  readonly row: WaterfallRow;
  readonly tabIndex: number;
  readonly duration: number;
  readonly color: number;
  readonly selected: boolean;
  readonly collapsed: boolean;
  readonly onSelect: () => void;
  readonly onToggle: () => void;
}) {
  const left = duration === 0 ? 0 : (row.at / duration) * 100;
  const width = duration === 0 ? 100 : (row.ms / duration) * 100;
  return (
    <div class={`span-row${selected ? ' selected' : ''}${row.error ? ' error' : ''}`}>
      <span class="name" style={{ paddingLeft: `${Math.min(row.depth, DRAWN_DEPTH) * 12}px` }}>
        {row.below > 0 ? (
          <button
            type="button"
            class="fold"
            tabIndex={-1}
            aria-expanded={!collapsed}
            aria-label={`${row.below} spans below`}
            onClick={onToggle}
          >
            {collapsed ? '▸' : '▾'}
          </button>
        ) : (
          <i class="fold" />
        )}
        <button
          type="button"
          class="open"
          tabIndex={tabIndex}
          aria-pressed={selected}
          onClick={onSelect}
          title={`${row.name} · ${row.service} · ${KINDS[row.kind] ?? ''}`}
        >
          {row.orphan && '⚬ '}
          {row.name}
        </button>
      </span>
      <span class="lane" aria-hidden="true">
        <i class={`s${color + 1}`} style={{ left: `${Math.min(left, 99.7)}%`, width: `max(2px, ${width}%)` }} />
      </span>
      <span class="number">{milliseconds(row.ms)}</span>
    </div>
  );
}

interface SpanAnswer {
  readonly span?: Span;
  readonly errors: readonly Occurrence[];
}

function SpanPanel({
  traceId,
  spanId,
  onClose,
}: {
  readonly traceId: string;
  readonly spanId: string | undefined;
  readonly onClose: () => void;
}) {
  const answer = useView<SpanAnswer>(`/api/traces/${traceId}/spans${spanId === undefined ? '' : `/${spanId}`}`, [
    'events',
    'records',
  ]);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => event.key === 'Escape' && onClose();
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [onClose]);
  return (
    <WhenLoaded of={answer}>
      {({ span, errors }) => (
        <>
          {errors.length > 0 && (
            <Panel title={errors.length === 1 ? 'Error of this trace' : `${errors.length} errors of this trace`}>
              <ul>
                {errors.map((error) => (
                  <li key={error.id}>
                    <a href={addressOf('errors', error.fingerprint)}>
                      <b>{error.type}</b> {error.message}
                    </a>{' '}
                    {error.where !== null && <code class="muted">{error.where}</code>}
                  </li>
                ))}
              </ul>
            </Panel>
          )}
          {span !== undefined && <SpanDetails span={span} onClose={onClose} />}
        </>
      )}
    </WhenLoaded>
  );
}

/** Annotations of a trace that X-Ray indexes: X-Ray developer guide, segment documents. */
const ANNOTATIONS = 50;

function SpanDetails({ span, onClose }: { readonly span: Span; readonly onClose: () => void }) {
  const attributes = flatten(span.attributes, '');
  return (
    <Panel
      title={span.name}
      aside={
        <button type="button" class="quiet small" onClick={onClose}>
          close (esc)
        </button>
      }
    >
      <p>
        {KINDS[span.kind]} span of <b>{String(span.resource['service.name'] ?? '')}</b>,{' '}
        {milliseconds(Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6)}{' '}
        {span.status.code === 2 && <Badge tone="bad">{span.status.message || 'error'}</Badge>}{' '}
        <Copyable text={span.spanId} label="span id" />
      </p>
      {attributes.length > ANNOTATIONS && (
        <p class="notice warn">
          {attributes.length} attributes: X-Ray indexes at most {ANNOTATIONS} annotations of a trace.
        </p>
      )}
      <div class="columns">
        <div>
          <h3>Attributes</h3>
          <AttributeTable rows={attributes} />
        </div>
        <div>
          {span.events.length > 0 && (
            <>
              <h3>Events</h3>
              <ul>
                {span.events.map((event) => (
                  <li key={`${event.timeUnixNano} ${event.name}`}>
                    <p>
                      {event.name}{' '}
                      <span class="muted">
                        after {milliseconds(Number(BigInt(event.timeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6)}
                      </span>
                    </p>
                    <AttributeTable rows={flatten(event.attributes, '').filter(([name]) => name !== '')} />
                  </li>
                ))}
              </ul>
            </>
          )}
          <details>
            <summary>resource and scope</summary>
            <AttributeTable
              rows={[...flatten(span.resource, ''), ['scope', `${span.scope.name} ${span.scope.version ?? ''}`]]}
            />
          </details>
        </div>
      </div>
    </Panel>
  );
}
