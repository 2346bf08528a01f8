/** Days that PutRetentionPolicy accepts (PutRetentionPolicy API reference). */
export const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** The shortest accepted retention that keeps events for at least `days`; the longest when there is none. */
export function acceptedRetention(days: number): number {
  return RETENTION_DAYS.find((accepted) => accepted >= days) ?? 3653;
}
