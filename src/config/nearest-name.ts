/** The candidate that `name` is most probably a slip of, at most `limit` slips away (letters missing, added, wrong, swapped). */
export function nearestName(name: string, candidates: Iterable<string>, limit: number): string | undefined {
  let nearest: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const slips = editDistance(name, candidate);
    if (slips < least) {
      least = slips;
      nearest = candidate;
    }
  }
  return nearest;
}

const FEW_SLIPS = 2;

/** `; perhaps http`, or nothing. */
export function perhaps(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates, FEW_SLIPS);
  return nearest ? `; perhaps ${nearest}` : '';
}

/** Optimal string alignment distance: a swap of neighbours is one slip. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let slips = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) slips = Math.min(slips, at(beforeLast, column - 2) + 1);
      current.push(slips);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
