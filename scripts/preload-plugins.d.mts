import type { Plugin } from 'esbuild';

export const capturedRandom: Plugin;
export function nodeSdk(options: { environment: string; exportsOf: (name: string) => Promise<string[]> }): Plugin;
