/** One screenful of what has arrived. */
export function render(
  arrived: {
    readonly requests: readonly unknown[];
    readonly errors: { readonly total: number; readonly events: readonly unknown[] };
    readonly spans: number;
    readonly edges: readonly unknown[];
    readonly host: ReadonlyMap<string, unknown>;
    readonly cost: { readonly says: string };
  },
  size: { readonly width: number; readonly colour: boolean },
): string;
