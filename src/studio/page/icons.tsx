/** Line drawings on a grid of 24. */
const PATHS = {
  logo: 'M2 13h5l3-8 4 14 3-8 1 2h4',
  pulse: 'M3 12h4l3-8 4 16 3-8h4',
  grid: 'M4 4h7v7H4zM13 4h7v4h-7zM13 11h7v9h-7zM4 14h7v6H4z',
  bug: 'M9 9a3 3 0 0 1 6 0M8 9h8v6a4 4 0 0 1-8 0zM4 8l4 2M20 8l-4 2M3 14h5M21 14h-5M5 20l4-3M19 20l-4-3',
  rows: 'M3 5h9M6 10h12M9 15h8M12 20h9',
  nodes: 'M5 12a2 2 0 1 0 0 .1M19 6a2 2 0 1 0 0 .1M19 18a2 2 0 1 0 0 .1M7 11l10-4.5M7 13l10 4.5',
  line: 'M3 20h18M4 16l5-6 4 3 7-9',
  coin: 'M12 3a9 9 0 1 0 .1 0M14.5 9c-.5-1-1.500-1.500-2.500-1.500-1.500 0-2.500.800-2.500 2 0 3 5 1.500 5 4.500 0 1.300-1.100 2-2.500 2-1.200 0-2.200-.600-2.700-1.600M12 6v1.500M12 16v2',
  pipe: 'M3 7h6v10h6V7h6',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4l12 8-12 8z',
  clear: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  sun: 'M12 8a4 4 0 1 0 .1 0M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500 19 19M5 19l1.500-1.500M17.500 6.500 19 5',
  moon: 'M20 14A8 8 0 1 1 10 4a6.500 6.500 0 0 0 10 10z',
  auto: 'M12 3a9 9 0 1 0 .1 0M12 3v18M12 7h5M12 11h8M12 15h7',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
