import type { Result } from './results.js';
import type { Summary } from './summary.js';

export async function writeDocs(_results: readonly Result[], _summaries: readonly Summary[]): Promise<void> {}
