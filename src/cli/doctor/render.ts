import { CouldNotRun } from '../exit.js';
import type { Terminal } from '../terminal.js';
import type { Format } from './format-names.js';
import { json } from './formats/json.js';
import { junit } from './formats/junit.js';
import { markdown } from './formats/markdown.js';
import { pretty } from './formats/pretty.js';
import type { Report } from './report.js';

export interface RenderOptions {
  readonly format: Format;
  readonly strict: boolean;
  readonly ascii: boolean;
}

export function render(report: Report, terminal: Pick<Terminal, 'width' | 'style'>, options: RenderOptions): string {
  const { format, strict, ascii } = options;
  switch (format) {
    case 'pretty':
    case 'short':
      return pretty(report, terminal, { short: format === 'short', ascii });
    case 'json':
      return json(report);
    case 'md':
      return markdown(report);
    case 'junit':
      return junit(report, strict);
    default:
      throw new CouldNotRun(`no format ${String(format)}`);
  }
}
