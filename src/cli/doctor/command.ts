import { Command, Option } from 'commander';
import { environment } from '../../config/environment.js';
import { milliseconds, secondsOption } from '../options.js';
import { addSubjectOptions, type SubjectFlags, subjectOf } from '../target.js';
import type { Terminal } from '../terminal.js';
import { FORMATS, type Format } from './format-names.js';

interface DoctorFlags extends SubjectFlags {
  format: Format;
  json?: boolean;
  strict?: boolean;
  offline?: boolean;
  writeProbe?: boolean;
  wait?: number;
  cloudtrail?: boolean;
  only?: string[];
  skip?: string[];
  timeout: number;
  ascii?: boolean;
}

/** `monitoring doctor`: what keeps telemetry from arriving, each with its cause and its remedy. */
export function doctorCommand(terminal: Terminal): Command {
  return addSubjectOptions(new Command('doctor'))
    .description('find out what keeps telemetry from arriving, with the cause and the remedy')
    .option('--offline', 'ask nobody: only files and this shell, and the process that --pid names')
    .option('--write-probe', 'write one metric, one error and one trace, and read them back')
    .option('--wait <seconds>', 'how long to wait for what was written to be readable', milliseconds)
    .option('--cloudtrail', "look for refused calls in CloudTrail's event history")
    .option('--only <ids...>', 'only these checks, and what they need')
    .option('--skip <ids...>', 'not these checks')
    .option('--strict', 'a warning fails, too')
    .addOption(secondsOption('--timeout <seconds>', 'for the whole run; --wait comes on top', 30))
    .addOption(new Option('--format <format>', 'of the answer').choices(FORMATS).default('pretty'))
    .option('--json', 'the same as --format json')
    .option('--ascii', 'letters instead of symbols')
    .addHelpText('after', AFTER_HELP)
    .action((flags: DoctorFlags) => run(flags, terminal));
}

const AFTER_HELP = `
Judges the running process, if it is the one meant; else the entry that --app names; else this shell. Each line says which. A process
is meant when no name that is given (--service, --app, service, endpoint, region in this shell) disagrees and no other one remains.
Writes nothing to AWS without --write-probe.
Exits with 0 when nothing failed, 1 when a check failed (with --strict: or warned), 2 when it could not run or a check has no verdict;
the same in every format.

  $ monitoring doctor
  $ monitoring doctor --app dist/server.js --offline
  $ monitoring doctor --write-probe --wait 180
  $ monitoring doctor --only MON-PERM-001 --json
  $ monitoring explain MON-PERM-001`;

async function run(flags: DoctorFlags, terminal: Terminal): Promise<void> {
  const began = performance.now();
  const { CHECKS } = await import('./checks.js');
  const { openContext } = await import('./build-context.js');
  const { examine, requireKnown } = await import('./doctor.js');
  const { render } = await import('./render.js');
  const { only, skip, strict = false, ascii = false } = flags;
  requireKnown(CHECKS, [...(only ?? []), ...(skip ?? [])]);
  const wait = flags.wait ?? 0;
  const open = await openContext(environment(), {
    offline: flags.offline ?? false,
    writeProbe: flags.writeProbe ?? false,
    wait,
    cloudTrail: flags.cloudtrail ?? false,
    ...subjectOf(flags),
  });
  try {
    if (flags.writeProbe) {
      const { service } = open.context;
      terminal.problem(`writes one metric, one error and one trace of ${service.name} (${open.source})`);
    }
    const report = await examine(CHECKS, open, {
      ...(only && { only }),
      ...(skip && { skip }),
      deadline: Math.max(0, flags.timeout + wait - (performance.now() - began)),
      strict,
      onStart: ({ id, title }) => terminal.progress(`${id} ${title} …`),
    });
    terminal.progress('');
    const format = flags.json ? 'json' : flags.format;
    terminal.answer(render(report, terminal, { format, strict, ascii }));
    process.exitCode = report.exitCode;
  } finally {
    open.close();
  }
}
