/** Lets a found candidate change places with the one before, so that the frequent ones are found first. */
export function moveForward<T>(candidates: T[], index: number): void {
  const found = candidates[index];
  const before = candidates[index - 1];
  if (found === undefined || before === undefined) return;
  candidates[index - 1] = found;
  candidates[index] = before;
}
