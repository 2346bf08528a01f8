import { useMemo, useState } from 'preact/hooks';
import type { SeriesDetail, SeriesRow } from '../../views/series.js';
import { Chart } from '../chart.js';
import { count, dateTime, withUnit } from '../format.js';
import { useView } from '../live.js';
import { addressOf, go, type Place, refine } from '../location.js';
import { Badge, Empty, Panel, VirtualList, WhenLoaded } from '../parts.js';

const KINDS = ['datums', 'points'];
const ROW = 46;

export function MetricsPage({ place }: { readonly place: Place }) {
  const series = useView<{ readonly series: readonly SeriesRow[] }>('/api/series', KINDS);
  const search = place.query.get('q') ?? '';
  return (
    <WhenLoaded of={series}>
      {(data) =>
        data.series.length === 0 ? (
          <Empty>
            <h2>No metrics</h2>
            <p>None has arrived.</p>
          </Empty>
        ) : (
          <div class={`split${place.id === undefined ? '' : ' chosen'}`}>
            <SeriesList series={data.series} search={search} place={place} />
            {place.id === undefined ? (
              <p class="muted choose">Choose a series: its course, and what AWS would have stored of it.</p>
            ) : (
              <Detail id={place.id} place={place} />
            )}
          </div>
        )
      }
    </WhenLoaded>
  );
}

/** Every word must be somewhere in the name, the namespace, a dimension or a value. */
function matching(series: readonly SeriesRow[], search: string): readonly SeriesRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return series;
  return series.filter((row) => {
    const text =
      `${row.name} ${row.namespace} ${row.source} ${Object.entries(row.dimensions).flat().join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** What every series of a service has comes last: it tells none apart. */
const COMMON = /^(Service|Environment)$/;

const describe = ({ dimensions }: SeriesRow): string =>
  Object.entries(dimensions)
    .sort(([a], [b]) => Number(COMMON.test(a)) - Number(COMMON.test(b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('  ') || 'no dimensions';

function SeriesList({
  series,
  search,
  place,
}: {
  readonly series: readonly SeriesRow[];
  readonly search: string;
  readonly place: Place;
}) {
  const shown = useMemo(() => matching(series, search), [series, search]);
  const chosen = shown.findIndex(({ id }) => id === place.id);
  return (
    <div class="series-list">
      <div class="filters">
        <input
          type="search"
          value={search}
          placeholder="name, dimension, value"
          aria-label="search metrics"
          onInput={(event) => refine(place, { q: event.currentTarget.value })}
        />
        <span class="muted" role="status">
          {count(shown.length)} of {count(series.length)} series
        </span>
      </div>
      <VirtualList
        items={shown}
        rowHeight={ROW}
        height="calc(100vh - 170px)"
        label="series"
        onMove={({ id }) => go(addressOf('metrics', id, { ...Object.fromEntries(place.query), q: search }))}
        revealed={chosen}
        render={(row, _index, tabIndex) => (
          <a
            class={`series-row${row.id === place.id ? ' selected' : ''}`}
            href={addressOf('metrics', row.id, { q: search })}
            tabIndex={tabIndex}
          >
            <span class="name">{row.name}</span>
            <span class="number">{row.latest === null ? '–' : withUnit(row.latest, row.unit)}</span>
            <span class="dimensions muted" title={describe(row)}>
              {row.source !== 'cloudwatch' && <Badge>OTLP</Badge>} {describe(row)}
            </span>
          </a>
        )}
      />
    </div>
  );
}

const PERIODS = [2, 5, 10, 60, 300];

function Detail({ id, place }: { readonly id: string; readonly place: Place }) {
  const period = Number(place.query.get('period') ?? 10);
  const detail = useView<SeriesDetail>(`/api/series/${encodeURIComponent(id)}?period=${period}`, KINDS);
  return (
    <div class="series-detail">
      <WhenLoaded of={detail}>
        {(data) => {
          const names = Object.keys(data.statistics);
          const statistic = place.query.get('stat');
          const shown = statistic !== null && names.includes(statistic) ? statistic : preferred(data);
          return (
            <>
              <Panel
                title={data.name}
                aside={
                  <span class="filters">
                    <select
                      aria-label="statistic"
                      value={shown}
                      onChange={(event) => refine(place, { stat: event.currentTarget.value })}
                    >
                      {names.map((name) => (
                        <option key={name}>{name}</option>
                      ))}
                    </select>
                    <select
                      aria-label="period"
                      value={String(period)}
                      onChange={(event) => refine(place, { period: event.currentTarget.value })}
                    >
                      {PERIODS.map((seconds) => (
                        <option key={seconds} value={String(seconds)}>
                          {seconds} s
                        </option>
                      ))}
                    </select>
                  </span>
                }
              >
                <Chart
                  title={`${shown} of ${data.name}`}
                  times={data.times}
                  lines={[{ label: shown, values: data.statistics[shown] ?? [] }]}
                  format={(value) => withUnit(value, shown === 'SampleCount' ? 'Count' : data.unit)}
                  height={230}
                  filled
                />
                {period < 60 && data.source === 'cloudwatch' && (
                  <p class="muted">
                    Drawn every {period} s from what was exported; CloudWatch shows one point a minute.
                  </p>
                )}
              </Panel>
              <Panel title={data.source === 'cloudwatch' ? 'As CloudWatch files it' : 'As it came by OTLP'}>
                <Identity detail={data} />
              </Panel>
              <Panel
                title="What was stored"
                aside={
                  <span class="muted">
                    the newest {data.stored.length} of {count(data.received)}, newest first
                  </span>
                }
              >
                <Stored detail={data} />
              </Panel>
            </>
          );
        }}
      </WhenLoaded>
    </div>
  );
}

/** What one asks first: how much of a count, how long of a duration. */
function preferred({ unit, statistics, name }: SeriesDetail): string {
  const percentiles = statistics.p99?.some((value) => value !== null);
  if (/duration|delay|time$/.test(name) && percentiles) return 'p99';
  return unit === 'Count' && /fault|error|count/.test(name) ? 'Sum' : 'Average';
}

function Identity({ detail }: { readonly detail: SeriesDetail }) {
  const resolution = (detail.stored[0] as { readonly resolution?: number } | undefined)?.resolution;
  const rows: [string, string][] = [
    [detail.source === 'cloudwatch' ? 'Namespace' : 'scope', detail.namespace],
    ['MetricName', detail.name],
    ...Object.entries(detail.dimensions),
    ['Unit', detail.unit],
    ...(resolution === undefined ? [] : ([['StorageResolution', `${resolution} s`]] as [string, string][])),
    ['last arrival', dateTime(detail.lastArrival)],
  ];
  return (
    <table class="attributes">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Stored({ detail }: { readonly detail: SeriesDetail }) {
  const [open, setOpen] = useState(0);
  const datum = detail.stored[Math.min(open, detail.stored.length - 1)];
  return (
    <>
      <div class="segmented wrap" role="group" aria-label="which datum">
        {detail.stored.slice(0, 10).map((one, index) => {
          const { timestamp, arrived } = one as { readonly timestamp?: number; readonly arrived?: number };
          return (
            <button type="button" key={index} aria-pressed={index === open} onClick={() => setOpen(index)}>
              {new Date(timestamp ?? arrived ?? 0).toISOString().slice(11, 19)}
            </button>
          );
        })}
      </div>
      <pre class="raw">{JSON.stringify(datum, undefined, 1)}</pre>
    </>
  );
}
