import type { Hit, SearchView } from '../../views/search.js';
import { count } from '../format.js';
import { moveAmongLinks } from '../list-keys.js';
import { useView } from '../live.js';
import { addressOf, type Place } from '../location.js';
import { Badge, Empty, Panel, WhenLoaded } from '../parts.js';

const KINDS = ['spans', 'events', 'records', 'datums', 'points', 'dashboards'];
const VIEW_OF: Readonly<Record<Hit['kind'], string>> = {
  trace: 'traces',
  error: 'errors',
  metric: 'metrics',
  dashboard: 'dashboards',
};

export function SearchPage({ place }: { readonly place: Place }) {
  const text = place.query.get('q') ?? '';
  const found = useView<SearchView>(`/api/search?${new URLSearchParams({ q: text })}`, KINDS);
  return (
    <WhenLoaded of={found}>
      {({ hits, more }) =>
        hits.length === 0 ? (
          <Empty>
            <h2>Nothing found</h2>
            <p>Nothing that is held in this range has “{text}”. A trace id is looked for at any time.</p>
          </Empty>
        ) : (
          <Panel
            title={hits.length === 1 ? '1 hit' : `${count(hits.length + more)} hits`}
            aside={more > 0 && <span class="muted">{count(more)} of them are not shown</span>}
          >
            <ul class="hits" data-list onKeyDown={moveAmongLinks}>
              {hits.map(({ kind, id, title, detail }) => (
                <li key={`${kind} ${id}`}>
                  <a href={addressOf(VIEW_OF[kind], id)}>
                    <Badge tone={kind === 'error' ? 'bad' : 'plain'}>{kind}</Badge>
                    <b>{title}</b>
                    <span class="muted">{detail}</span>
                  </a>
                </li>
              ))}
            </ul>
          </Panel>
        )
      }
    </WhenLoaded>
  );
}
