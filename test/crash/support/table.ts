/** The measured delays, a row for each way to die and a column for each Node: what `npm run test:crash` prints. */
export class DelayTable {
  private readonly cells = new Map<string, Map<number, string>>();

  constructor(private readonly majors: readonly number[]) {}

  set(row: string, major: number, cell: string): void {
    const cells = this.cells.get(row) ?? new Map<number, string>();
    this.cells.set(row, cells.set(major, cell));
  }

  render(): string {
    const rows = [...this.cells].map(([row, cells]) => [row, ...this.majors.map((major) => cells.get(major) ?? '')]);
    const lines = [['how the process ends', ...this.majors.map((major) => `Node ${major}`)], ...rows];
    const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
    const text = lines.map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    );
    return text.join('\n');
  }
}
