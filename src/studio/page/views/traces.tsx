import { useMemo } from 'preact/hooks';
import type { TraceSummary } from '../../trace-report.js';
import { clock, count, milliseconds } from '../format.js';
import { useView } from '../live.js';
import { addressOf, type Place, refine } from '../location.js';
import { Badge, Empty, VirtualList, WhenLoaded } from '../parts.js';
import { WaterfallPage } from './waterfall.js';

export function TracesPage({ place }: { readonly place: Place }) {
  return place.id === undefined ? <List place={place} /> : <WaterfallPage traceId={place.id} place={place} />;
}

interface Traces {
  readonly total: number;
  readonly traces: readonly TraceSummary[];
}

const ROW = 34;
const SORTS = { newest: 'newest', slowest: 'slowest' } as const;

function List({ place }: { readonly place: Place }) {
  const { query } = place;
  const filters = {
    text: query.get('q') ?? '',
    route: query.get('route') ?? '',
    service: query.get('service') ?? '',
    status: query.get('status') ?? '',
    minDurationMs: query.get('min') ?? '',
    error: query.get('error') ?? '',
  };
  const given = Object.entries(filters).filter(([, value]) => value !== '');
  const path = `/api/traces?${new URLSearchParams([['limit', '5000'], ...given])}`;
  const traces = useView<Traces>(path, ['spans']);
  const sort = query.get('sort') === 'slowest' ? SORTS.slowest : SORTS.newest;
  return (
    <>
      <div class="filters" role="search">
        <input
          type="search"
          placeholder="trace id, route, name, service"
          aria-label="search traces"
          value={filters.text}
          onInput={(event) => refine(place, { q: event.currentTarget.value })}
        />
        {filters.route !== '' && (
          <button type="button" aria-pressed onClick={() => refine(place, { route: undefined })}>
            route {filters.route} ×
          </button>
        )}
        <select
          aria-label="status"
          value={filters.status}
          onChange={(event) => refine(place, { status: event.currentTarget.value })}
        >
          <option value="">any status</option>
          <option value="2xx">2xx</option>
          <option value="3xx">3xx</option>
          <option value="4xx">4xx</option>
          <option value="5xx">5xx</option>
        </select>
        <select
          aria-label="least duration"
          value={filters.minDurationMs}
          onChange={(event) => refine(place, { min: event.currentTarget.value })}
        >
          <option value="">any duration</option>
          {[10, 50, 100, 500, 1000, 5000].map((ms) => (
            <option key={ms} value={String(ms)}>
              from {milliseconds(ms)}
            </option>
          ))}
        </select>
        <select
          aria-label="order"
          value={sort}
          onChange={(event) => refine(place, { sort: event.currentTarget.value })}
        >
          <option value="newest">newest first</option>
          <option value="slowest">slowest first</option>
        </select>
        <label>
          <input
            type="checkbox"
            checked={filters.error === 'true'}
            onChange={(event) => refine(place, { error: event.currentTarget.checked ? 'true' : undefined })}
          />
          with errors
        </label>
      </div>
      <WhenLoaded of={traces}>{(data) => <Table data={data} sort={sort} filtered={given.length > 0} />}</WhenLoaded>
    </>
  );
}

function Table({
  data,
  sort,
  filtered,
}: {
  readonly data: Traces;
  readonly sort: keyof typeof SORTS;
  readonly filtered: boolean;
}) {
  const sorted = useMemo(
    () => [...data.traces].sort((a, b) => (sort === 'slowest' ? b.durationMs - a.durationMs : b.start - a.start)),
    [data, sort],
  );
  if (sorted.length === 0) {
    return (
      <Empty>
        <h2>No traces</h2>
        <p>
          {filtered
            ? 'None fits the filters.'
            : 'None has arrived in this range. One request a second and 5 % of the rest are traced by default.'}
        </p>
      </Empty>
    );
  }
  const slowest = sorted.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  return (
    <>
      <p class="muted" role="status">
        {count(sorted.length)} of {count(data.total)} traces
      </p>
      <VirtualList
        items={sorted}
        rowHeight={ROW}
        height="calc(100vh - 190px)"
        label="traces"
        render={(trace, _index, tabIndex) => (
          <a class="trace-row" href={addressOf('traces', trace.traceId)} tabIndex={tabIndex}>
            <span class="time">{clock(trace.start)}</span>
            <span class="name">{trace.name}</span>
            <span class="status">
              {trace.status !== null && (
                <Badge tone={trace.status >= 500 ? 'bad' : trace.status >= 400 ? 'warn' : 'plain'}>
                  {trace.status}
                </Badge>
              )}
            </span>
            <span class="spans muted">{trace.spans === 1 ? '1 span' : `${count(trace.spans)} spans`}</span>
            <span class="bar" aria-hidden="true">
              <i
                class={trace.error ? 'bad' : ''}
                style={{ width: `${Math.max((trace.durationMs / slowest) * 100, 0.5)}%` }}
              />
            </span>
            <span class="number">{milliseconds(trace.durationMs)}</span>
          </a>
        )}
      />
    </>
  );
}
