import type { Json } from '../templates/kind.js';

/** How a dashboard says that it is ours: a text that a reader sees, and that survives an edit in the console. */
const MARK = 'Managed by @org/monitoring';

/** The dashboard with the mark, in a text below everything else where it has none yet. */
export function managed(document: Json): Json {
  const widgets = widgetsOf(document);
  if (isManaged(document) || !Array.isArray(document.widgets)) return document;
  const bottom = Math.max(0, ...widgets.map(({ y, height }) => numberOr(y, 0) + numberOr(height, 6)));
  const markdown = `${MARK}: \`monitoring dashboards deploy\` replaces what is changed here.`;
  const mark = {
    type: 'text',
    x: 0,
    y: bottom,
    width: 24,
    height: 1,
    properties: { markdown, background: 'transparent' },
  };
  // Widgets without a place are laid out by their order: a mark with a place would come first.
  const placed = widgets.every(({ y }) => y !== undefined);
  const { x: _x, y: _y, ...unplaced } = mark;
  return { ...document, widgets: [...document.widgets, placed ? mark : unplaced] };
}

export function isManaged(document: Json): boolean {
  return widgetsOf(document).some(({ properties }) =>
    String((properties as Json | undefined)?.markdown).includes(MARK),
  );
}

function widgetsOf({ widgets }: Json): Json[] {
  return Array.isArray(widgets) ? widgets.filter((widget) => typeof widget === 'object' && widget !== null) : [];
}

const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);
