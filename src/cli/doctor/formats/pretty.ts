import type { Terminal } from '../../terminal.js';
import { wrap } from '../../terminal.js';
import type { Result, State } from '../check.js';
import { areaOf } from '../checks.js';
import { describeSummary, type Report, type Subject } from '../report.js';

export interface PrettyOptions {
  /** What is in order is left out. */
  readonly short: boolean;
  /** Letters instead of symbols. */
  readonly ascii: boolean;
}

const SYMBOLS: Readonly<
  Record<State, { symbol: string; ascii: string; style: 'good' | 'bad' | 'doubtful' | 'faint' }>
> = {
  pass: { symbol: '✓', ascii: 'ok', style: 'good' },
  failed: { symbol: '✗', ascii: 'FAIL', style: 'bad' },
  broken: { symbol: '?', ascii: '????', style: 'bad' },
  warning: { symbol: '!', ascii: 'warn', style: 'doubtful' },
  info: { symbol: 'i', ascii: 'info', style: 'faint' },
  skipped: { symbol: '–', ascii: 'skip', style: 'faint' },
};

/** For a person. */
export function pretty(report: Report, terminal: Pick<Terminal, 'width' | 'style'>, options: PrettyOptions): string {
  const lines = [terminal.style('strong', describeSubject(report.subject))];
  const shown = report.checks.filter(({ state }) => !options.short || ['failed', 'broken', 'warning'].includes(state));
  let area = '';
  for (const result of shown) {
    if (areaOf(result.id) !== area) {
      area = areaOf(result.id);
      lines.push('', terminal.style('strong', area));
    }
    lines.push(...describe(result, terminal, options));
  }
  lines.push('', `${describeSummary(report.summary)} in ${(report.duration / 1000).toFixed(1)} s`);
  return lines.join('\n');
}

export function describeSubject({ service, environment, region, source }: Subject): string {
  return `${service} · ${environment}${region ? ` · ${region}` : ''} · ${source}`;
}

function describe(
  result: Result,
  { width, style }: Pick<Terminal, 'width' | 'style'>,
  { ascii }: PrettyOptions,
): string[] {
  const { symbol, ascii: letters, style: look } = SYMBOLS[result.state];
  const mark = ascii ? letters.padEnd(4) : symbol;
  const lines = [`  ${style(look, mark)} ${style('faint', result.id)}  ${headline(result)}`];
  if (result.state === 'pass' || result.state === 'skipped') return lines;
  const part = (name: string, text: string): void => {
    const [first = '', ...rest] = wrap(text, width - 15).split('\n');
    lines.push(`      ${style('faint', name.padEnd(8))} ${first}`, ...rest.map((line) => `               ${line}`));
  };
  if (result.cause) part('cause', result.cause);
  for (const [index, line] of (result.evidence ?? []).entries()) part(index === 0 ? 'evidence' : '', line);
  if (result.remedy) part('remedy', result.remedy);
  if (result.state !== 'info') part('more', `monitoring explain ${result.id}`);
  return lines;
}

function headline({ state, title, says, judged }: Result): string {
  if (state === 'skipped') return `${title}: skipped, ${says}`;
  return `${state === 'pass' ? `${title}: ` : ''}${says}${judged ? ` (${judged})` : ''}`;
}
