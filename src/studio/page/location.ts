import { useEffect, useState } from 'preact/hooks';

/** Where the page is: `#/errors/36ba3735bc97e558?event=3`. */
export interface Place {
  readonly view: string;
  /** What follows the view, decoded. */
  readonly id: string | undefined;
  readonly query: URLSearchParams;
}

export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const slash = path.indexOf('/');
  const view = slash === -1 ? path : path.slice(0, slash);
  const id = slash === -1 ? '' : path.slice(slash + 1);
  return { view: view || 'overview', id: id === '' ? undefined : decode(id), query: new URLSearchParams(query) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function addressOf(view: string, id?: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
  return `#/${view}${id === undefined ? '' : `/${encodeURIComponent(id)}`}${search}`;
}

export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return parsePlace(hash);
}

export function go(address: string): void {
  location.hash = address;
}

/** Changes the query of the place without a step in the browser's history. */
export function refine(place: Place, query: Readonly<Record<string, string | undefined>>): void {
  const merged = { ...Object.fromEntries(place.query), ...query };
  history.replaceState(null, '', addressOf(place.view, place.id, merged));
  dispatchEvent(new HashChangeEvent('hashchange'));
}
