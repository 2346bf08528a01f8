import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
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

/** Rows of one height of which only those in sight are in the document. */
export function VirtualList<T>({
  items,
  rowHeight,
  height,
  label,
  render,
  onKeyDown,
  revealed,
}: {
  readonly items: readonly T[];
  readonly rowHeight: number;
  /** A length of CSS. */
  readonly height: string;
  readonly label: string;
  readonly render: (item: T, index: number) => ComponentChildren;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  /** The row that is to be in sight. */
  readonly revealed?: number | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let frame = 0;
    const look = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setView({ top: element.scrollTop, height: element.clientHeight }));
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
      cancelAnimationFrame(frame);
    };
  }, []);
  useEffect(() => {
    const element = box.current;
    if (element === null || revealed === undefined || revealed < 0) return;
    const top = revealed * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight - element.clientHeight;
  }, [revealed, rowHeight]);
  const first = Math.max(Math.floor(view.top / rowHeight) - 8, 0);
  const last = Math.min(Math.ceil((view.top + view.height) / rowHeight) + 8, items.length);
  return (
    <div
      class="virtual"
      ref={box}
      style={{ maxHeight: height }}
      role="list"
      aria-label={label}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div class="virtual-all" style={{ height: `${items.length * rowHeight}px` }}>
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
            >
              {render(item, index)}
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
