import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { lineAfter } from './list-keys.js';
import type { Loaded } from './live.js';

/** Small things that every view is made of. */

export function Panel({
  title,
  aside,
  children,
  wide,
}: {
  readonly title?: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}) {
  return (
    <section class={`panel${wide ? ' wide' : ''}`} aria-label={title}>
      {title !== undefined && (
        <header>
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}

/** What may be longer or wider than its place; it can be scrolled by keyboard as well. */
export function Scroll({
  label,
  tall,
  maxHeight,
  children,
}: {
  readonly label: string;
  readonly tall?: boolean;
  /** Pixels. */
  readonly maxHeight?: number;
  readonly children: ComponentChildren;
}) {
  return (
    <div
      class={`scroll${tall ? ' tall' : ''}`}
      style={maxHeight === undefined ? {} : { maxHeight: `${maxHeight}px` }}
      tabIndex={0}
      role="group"
      aria-label={label}
    >
      {children}
    </div>
  );
}

/** The names of a table's columns: of those with texts, then of those with numbers. */
export function Head({
  texts,
  numbers = [],
}: {
  readonly texts: readonly string[];
  readonly numbers?: readonly string[];
}) {
  return (
    <thead>
      <tr>
        {texts.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {numbers.map((name) => (
          <th key={name} scope="col" class="number">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** A view's data, or why there is none. */
export function WhenLoaded<T>({
  of: { data, problem },
  children,
}: {
  readonly of: Loaded<T>;
  readonly children: (data: T) => ComponentChildren;
}) {
  return (
    <>
      {problem !== undefined && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      {data !== undefined ? children(data) : problem === undefined && <p class="muted loading">reading…</p>}
    </>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

export function Badge({
  tone,
  children,
}: {
  readonly tone?: 'bad' | 'warn' | 'good' | 'plain';
  readonly children: ComponentChildren;
}) {
  return <span class={`badge ${tone ?? 'plain'}`}>{children}</span>;
}

/** Bars for a handful of numbers; the words beside it say the same. */
export function Bars({
  values,
  label,
  tone = 'accent',
}: {
  readonly values: readonly number[];
  readonly label: string;
  readonly tone?: 'accent' | 'bad';
}) {
  const most = Math.max(...values, 1e-12);
  const step = 100 / Math.max(values.length, 1);
  return (
    <svg class={`bars ${tone}`} viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      {values.map((value, index) => {
        const height = value > 0 ? Math.max((value / most) * 24, 1.5) : 0;
        return <rect key={index} x={index * step} y={24 - height} width={step * 0.75} height={height} />;
      })}
    </svg>
  );
}

export function Spark({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const [low, high] = [Math.min(...values, 0), Math.max(...values, 1e-12)];
  const points = values.map(
    (value, index) =>
      `${((index / Math.max(values.length - 1, 1)) * 100).toFixed(2)},${(23 - ((value - low) / (high - low || 1)) * 22).toFixed(2)}`,
  );
  return (
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <polyline points={points.join(' ')} vector-effect="non-scaling-stroke" />
    </svg>
  );
}

/** Rows of one height of which only those in sight are in the document. One row at a time can be reached by Tab. */
export function VirtualList<T>({
  items,
  rowHeight,
  height,
  label,
  render,
  onKeyDown,
  onMove,
  revealed,
}: {
  readonly items: readonly T[];
  readonly rowHeight: number;
  /** A length of CSS. */
  readonly height: string;
  readonly label: string;
  /** The link or button of the row must take `tabIndex`. */
  readonly render: (item: T, index: number, tabIndex: number) => ComponentChildren;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  /** Told of the row that the keyboard has moved to. */
  readonly onMove?: (item: T) => void;
  /** The row that is to be in sight. */
  readonly revealed?: number | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [active, setActive] = useState(0);
  const moved = useRef(false);
  const look = () => {
    const element = box.current;
    if (element !== null) setView({ top: element.scrollTop, height: element.clientHeight });
  };
  const reveal = (index: number) => {
    const element = box.current;
    if (element === null) return;
    const top = index * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight - element.clientHeight;
    look();
  };
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let frame = 0;
    const soon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(look);
    };
    const observer = new ResizeObserver(soon);
    observer.observe(element);
    element.addEventListener('scroll', soon, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', soon);
      cancelAnimationFrame(frame);
    };
  }, []);
  useEffect(() => {
    if (revealed === undefined || revealed < 0) return;
    setActive(revealed);
    reveal(revealed);
  }, [revealed, rowHeight]);
  const current = Math.min(active, items.length - 1);
  useLayoutEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    box.current?.querySelector<HTMLElement>(':is(a, button)[tabindex="0"]')?.focus({ preventScroll: true });
  });
  const keyDown = (event: KeyboardEvent) => {
    const next = lineAfter(event.key, current, items.length);
    const item = next === undefined ? undefined : items[next];
    if (next === undefined || item === undefined) {
      onKeyDown?.(event);
      return;
    }
    event.preventDefault();
    moved.current = true;
    setActive(next);
    reveal(next);
    onMove?.(item);
  };
  const first = Math.max(Math.floor(view.top / rowHeight) - 8, 0);
  const last = Math.min(Math.ceil((view.top + view.height) / rowHeight) + 8, items.length);
  return (
    <div
      class="virtual"
      ref={box}
      style={{ maxHeight: height }}
      role="list"
      aria-label={label}
      data-list
      onKeyDown={keyDown}
    >
      <div class="virtual-all" role="presentation" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, offset) => {
          const index = first + offset;
          return (
            <div
              class="virtual-row"
              role="listitem"
              aria-setsize={items.length}
              aria-posinset={index + 1}
              key={index}
              style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
              onFocusIn={() => setActive(index)}
            >
              {render(item, index, index === current ? 0 : -1)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Text that one may want elsewhere. */
export function Copyable({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <span class="copyable">
      <code>{text}</code>
      <button type="button" class="quiet small" onClick={copy} aria-label={`copy ${label}`}>
        {copied ? 'copied' : 'copy'}
      </button>
    </span>
  );
}
