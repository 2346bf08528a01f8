import { Command } from 'commander';
import { OK } from './exit.js';
import { type Terminal, wrap } from './terminal.js';

/** `monitoring explain <id>`: what a check looks at, what may be wrong, what to do. Asks nobody. */
export function explainCommand(terminal: Terminal): Command {
  return new Command('explain')
    .description('what a check of doctor looks at, what may be wrong, and what to do')
    .argument('[id]', 'such as MON-CRED-001; without it, all are listed')
    .addHelpText('after', '\n  $ monitoring explain MON-CRED-001')
    .action(async (id: string | undefined) => {
      const { CHECKS, areaOf } = await import('./doctor/checks.js');
      const { requireKnown } = await import('./doctor/doctor.js');
      const { SYMPTOMS } = await import('./doctor/symptoms.js');
      const { width, style } = terminal;
      process.exitCode = OK;
      if (id === undefined) {
        let area = '';
        for (const check of CHECKS) {
          if (areaOf(check.id) !== area) {
            area = areaOf(check.id);
            terminal.answer(style('strong', area));
          }
          terminal.answer(`  ${check.id}  ${check.title}`);
        }
        return;
      }
      const asked = id.toUpperCase();
      requireKnown(CHECKS, [asked]);
      const check = CHECKS.find((each) => each.id === asked);
      if (check === undefined) return;
      terminal.answer(style('strong', `${check.id}  ${check.title}`));
      terminal.answer(`\n${wrap(check.about, width)}`);
      for (const { cause, remedy } of check.troubles) {
        terminal.answer(`\n${wrap(cause, width)}`);
        terminal.answer(wrap(`remedy: ${remedy}`, width, '    '));
      }
      const seen = SYMPTOMS.filter(({ causes }) => causes.some(({ foundBy }) => foundBy.includes(asked)));
      if (seen.length > 0) terminal.answer(`\n${wrap(`Seen as: ${seen.map((each) => each.seen).join('; ')}`, width)}`);
      if (check.needs.length > 0)
        terminal.answer(`\n${wrap(`Skipped when one of these fails: ${check.needs.join(', ')}`, width)}`);
      if (check.calls) terminal.answer(wrap(`Calls: ${check.calls.join(', ')}`, width));
    });
}
