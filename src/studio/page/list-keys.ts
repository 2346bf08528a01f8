/** Lists by keyboard: arrows, page keys, Home and End move the focus from line to line, Enter opens the line. */

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

/** The line that a key leads to; undefined: the key is none of a list's. */
export function lineAfter(key: string, at: number, length: number): number | undefined {
  if (length === 0) return undefined;
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  const step = STEPS[key];
  return step === undefined ? undefined : Math.min(Math.max(at + step, 0), length - 1);
}

/** For the element around lines that are all in the document; each line has one link. */
export function moveAmongLinks(event: KeyboardEvent): void {
  if (!(event.currentTarget instanceof HTMLElement)) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a[href]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at === -1 ? undefined : lineAfter(event.key, at, links.length);
  if (next === undefined) return;
  event.preventDefault();
  links[next]?.focus();
}

/** From anywhere into the first list of the view. */
export function focusList(event: Event): void {
  const list = document.querySelector('main [data-list]');
  const line =
    list?.querySelector<HTMLElement>(':is(a, button)[tabindex="0"]') ?? list?.querySelector<HTMLElement>('a');
  if (line == null) return;
  event.preventDefault();
  line.focus();
}
