/** Where a widget is drawn. */
export interface Frame {
  /** Epoch milliseconds. */
  readonly span: readonly [number, number];
  /** Pixels for what is drawn. */
  readonly height: number;
}
