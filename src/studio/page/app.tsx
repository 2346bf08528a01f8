import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ErrorList } from '../views/errors.js';
import { showControlsEverywhere } from './controls.js';
import { bytes, count } from './format.js';
import { Help } from './help.js';
import { Icon, type IconName } from './icons.js';
import { focusList } from './list-keys.js';
import { LiveContext, useLiveEvents, useView } from './live.js';
import { addressOf, go, type Place, usePlace } from './location.js';
import { chooseRange, RANGES, useRange } from './range.js';
import { apply, setTheme, storedTheme, type Theme } from './theme.js';
import { CostPage } from './views/cost.js';
import { DashboardsPage } from './views/dashboards.js';
import { ErrorsPage } from './views/errors.js';
import { MapPage } from './views/map.js';
import { MetricsPage } from './views/metrics.js';
import { OverviewPage } from './views/overview.js';
import { PipelinePage } from './views/pipeline.js';
import { SearchPage } from './views/search.js';
import { TracesPage } from './views/traces.js';

interface View {
  readonly name: string;
  readonly title: string;
  readonly icon: IconName;
  /** Pressed after `g`. */
  readonly key: string;
  readonly page: (props: { readonly place: Place }) => preact.JSX.Element;
}

const VIEWS: readonly View[] = [
  { name: 'overview', title: 'Overview', icon: 'pulse', key: 'o', page: OverviewPage },
  { name: 'dashboards', title: 'Dashboards', icon: 'grid', key: 'd', page: DashboardsPage },
  { name: 'errors', title: 'Errors', icon: 'bug', key: 'e', page: ErrorsPage },
  { name: 'traces', title: 'Traces', icon: 'rows', key: 't', page: TracesPage },
  { name: 'map', title: 'Map', icon: 'nodes', key: 's', page: MapPage },
  { name: 'metrics', title: 'Metrics', icon: 'line', key: 'm', page: MetricsPage },
  { name: 'cost', title: 'Cost', icon: 'coin', key: 'c', page: CostPage },
  { name: 'pipeline', title: 'Pipeline', icon: 'pipe', key: 'p', page: PipelinePage },
];

const SEARCH: View = { name: 'search', title: 'Search', icon: 'rows', key: '', page: SearchPage };

function App() {
  const place = usePlace();
  const events = useLiveEvents();
  const range = useRange();
  const [pausedAt, setPausedAt] = useState<number | undefined>();
  const [help, setHelp] = useState(false);
  const view = [...VIEWS, SEARCH].find(({ name }) => name === place.view) ?? VIEWS[0];
  const { lookBack, from, to } = range;
  const live = useMemo(() => ({ ...events, pausedAt, lookBack, from, to }), [events, pausedAt, lookBack, from, to]);
  const togglePause = () => setPausedAt((at) => (at === undefined ? Date.now() : undefined));
  useShortcuts({ togglePause, toggleHelp: () => setHelp((open) => !open) });
  useEffect(() => {
    document.title = `${view?.title ?? ''} · monitoring`;
  }, [view]);
  // What had the focus is gone with the view that was left.
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body)
      document.getElementById('main')?.focus({ preventScroll: true });
  }, [place.view, place.id]);
  if (view === undefined) return null;
  const { page: Page } = view;
  return (
    <LiveContext.Provider value={live}>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        skip to the content
      </button>
      <nav class="side" aria-label="views">
        <div class="brand">
          <Icon name="logo" /> <span>monitoring</span>
        </div>
        <ul>
          {VIEWS.map(({ name, title, icon, key }) => (
            <li key={name}>
              <a
                href={addressOf(name)}
                aria-current={name === view.name ? 'page' : undefined}
                title={`${title} (g ${key})`}
              >
                <Icon name={icon} />
                <span>{title}</span>
                {name === 'errors' && <Unseen />}
              </a>
            </li>
          ))}
        </ul>
        <Memory />
      </nav>
      <header class="top">
        <h1>{view.title}</h1>
        <Connection connected={events.connected} paused={pausedAt !== undefined} />
        <SearchEverywhere place={place} />
        <div class="segmented" role="group" aria-label="time range">
          {RANGES.map(({ name, label, means }) => (
            <button
              type="button"
              key={label}
              aria-pressed={name === range.name}
              title={means}
              onClick={() => chooseRange(name)}
            >
              {label}
            </button>
          ))}
          {range.name === undefined && (
            <button
              type="button"
              class="zoomed"
              aria-pressed
              title={`${range.means}; back to the last 15 minutes`}
              onClick={() => chooseRange(undefined)}
            >
              {range.label} ×
            </button>
          )}
        </div>
        <button
          type="button"
          aria-pressed={pausedAt !== undefined}
          onClick={togglePause}
          title="the views stand still, nothing is lost (space)"
        >
          <Icon name={pausedAt === undefined ? 'pause' : 'play'} />
          <span class="word">{pausedAt === undefined ? 'pause' : 'go on'}</span>
        </button>
        <button type="button" onClick={clear} title="forget everything that has arrived">
          <Icon name="clear" />
          <span class="word">clear</span>
        </button>
        <ThemeButton />
        <button type="button" onClick={() => setHelp(true)} title="keyboard (?)" aria-label="help">
          ?
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <Page place={place} />
      </main>
      {help && <Help onClose={() => setHelp(false)} views={VIEWS} />}
    </LiveContext.Provider>
  );
}

/** Found from every view: a pasted trace id, a route, any text. */
function SearchEverywhere({ place }: { readonly place: Place }) {
  const submit = (event: Event) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get('q');
    if (typeof text === 'string' && text.trim() !== '') go(addressOf('search', undefined, { q: text.trim() }));
  };
  return (
    <form class="everywhere" role="search" aria-label="everything" onSubmit={submit}>
      <input
        type="search"
        name="q"
        defaultValue={place.view === 'search' ? (place.query.get('q') ?? '') : ''}
        placeholder="trace id, route, text"
        aria-label="search everything"
      />
    </form>
  );
}

async function clear(): Promise<void> {
  if (confirm('Forget everything that has arrived?')) await fetch('/api/data', { method: 'DELETE' });
}

function useShortcuts({
  togglePause,
  toggleHelp,
}: {
  readonly togglePause: () => void;
  readonly toggleHelp: () => void;
}): void {
  // Kept over renders: data may arrive between the two keys.
  const going = useRef(false);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'ArrowDown' && isSearching(event.target)) focusList(event);
      if (isTyping(event.target)) return;
      if (going.current) {
        going.current = false;
        const view = VIEWS.find(({ key }) => key === event.key);
        if (view !== undefined) go(addressOf(view.name));
        return;
      }
      if (event.key === 'g') going.current = true;
      else if (event.key === '?') toggleHelp();
      else if (event.key === '/') focusSearch(event);
      else if (event.key === 'ArrowDown' && isIdle(event.target)) focusList(event);
      else if (event.key === ' ' && !(event.target instanceof HTMLButtonElement)) {
        event.preventDefault();
        togglePause();
      }
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [togglePause, toggleHelp]);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;

const isSearching = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && target.type === 'search';

/** Nothing that does something with the key has the focus. */
const isIdle = (target: EventTarget | null): boolean =>
  target === document.body || (target instanceof HTMLElement && target.id === 'main');

/** The view's own search; in a view without one, that of everything. */
function focusSearch(event: Event): void {
  const search =
    document.querySelector<HTMLInputElement>('main input[type="search"]') ??
    document.querySelector<HTMLInputElement>('input[type="search"]');
  if (search === null) return;
  event.preventDefault();
  search.focus();
}

function Connection({ connected, paused }: { readonly connected: boolean; readonly paused: boolean }) {
  const [tone, text] = paused ? ['warn', 'paused'] : connected ? ['good', 'live'] : ['bad', 'no connection'];
  return (
    <span class={`connection ${tone}`} role="status">
      <i aria-hidden="true" />
      {text}
    </span>
  );
}

/** How many errors there are in the range, as every other view counts them, so that they are seen from each. */
function Unseen() {
  const errors = useView<ErrorList>('/api/errors', ['events', 'records']).data?.total ?? 0;
  return errors === 0 ? null : <span class="bubble">{count(errors)}</span>;
}

const KINDS = { datums: 'datums', points: 'OTLP points', spans: 'spans', events: 'log events', records: 'log records' };

function Memory() {
  return (
    <LiveContext.Consumer>
      {({ summary }) => {
        if (summary === undefined) return null;
        const { used, max } = summary.bytes;
        const held = entries(summary.held);
        const evicted = entries(summary.evicted);
        return (
          <div class="memory">
            <div
              class="meter"
              role="meter"
              aria-label="memory for what arrived"
              aria-valuemin={0}
              aria-valuemax={max}
              aria-valuenow={used}
            >
              <i style={{ width: `${Math.min((used / max) * 100, 100)}%` }} />
            </div>
            <p>
              {bytes(used)} of {bytes(max)}
            </p>
            <p class="muted">{held || 'nothing has arrived'}</p>
            {evicted !== '' && <p class="bad-text">pushed out by newer: {evicted}</p>}
          </div>
        );
      }}
    </LiveContext.Consumer>
  );
}

const entries = (tally: Readonly<Record<string, number>>): string =>
  Object.entries(KINDS)
    .filter(([kind]) => (tally[kind] ?? 0) > 0)
    .map(([kind, words]) => `${count(tally[kind] ?? 0)} ${words}`)
    .join(', ');

const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };

function ThemeButton() {
  const [theme, setShown] = useState(storedTheme);
  const change = () => {
    setTheme(NEXT[theme]);
    setShown(NEXT[theme]);
  };
  return (
    <button type="button" onClick={change} title={`colours: ${theme}`} aria-label={`colours: ${theme}`}>
      <Icon name={theme === 'auto' ? 'auto' : theme === 'light' ? 'sun' : 'moon'} />
    </button>
  );
}

apply();
showControlsEverywhere();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
