import { Command } from 'commander';
import { environment } from '../config/environment.js';
import type { CheckContext } from './doctor/context.js';
import { COULD_NOT_RUN, FAILED, OK } from './exit.js';
import { addSubjectOptions, type SubjectFlags, subjectOf } from './target.js';
import { type Terminal, wrap } from './terminal.js';
import type { Chain, Link, Step } from './why/chain.js';

interface WhyFlags extends SubjectFlags {
  json?: boolean;
}

/** `monitoring why metric|error|trace`: follows one thing along its way, and stops at the first cause. */
export function whyCommand(terminal: Terminal): Command {
  const command = new Command('why').description('follow one metric, error or trace to where it ends, and say why');
  const kinds: [string, string, string, (what: string, context: CheckContext) => Promise<Step[]>][] = [
    [
      'metric',
      '<name>',
      'http.server.request.duration',
      async (what, context) => (await import('./why/metric.js')).metricChain(what, context),
    ],
    [
      'error',
      '<fingerprint>',
      '9f1c2b3a4d5e6f70',
      async (what, context) => (await import('./why/logged.js')).errorChain(what, context),
    ],
    [
      'trace',
      '<id or header>',
      '1-6b03f715-90eb674388259cde0b827598',
      async (what, context) => (await import('./why/logged.js')).traceChain(what, context),
    ],
  ];
  for (const [kind, argument, example, chain] of kinds) {
    command.addCommand(
      addSubjectOptions(new Command(kind))
        .description(`why a ${kind} is, or is not, to be seen`)
        .argument(argument)
        .option('--json', 'as one JSON document')
        .addHelpText(
          'after',
          `\nReads only. Exits with 0 when it is there, 1 when the cause is found, 2 when there is no telling.\n\n  $ monitoring why ${kind} ${example}`,
        )
        .action((what: string, flags: WhyFlags) => run(kind, what, chain, flags, terminal)),
    );
  }
  return command;
}

async function run(
  kind: string,
  what: string,
  chain: (what: string, context: CheckContext) => Promise<Step[]>,
  flags: WhyFlags,
  terminal: Terminal,
): Promise<void> {
  const { openContext } = await import('./doctor/build-context.js');
  const { follow } = await import('./why/chain.js');
  const options = { offline: false, writeProbe: false, wait: 0, cloudTrail: false, ...subjectOf(flags) };
  const { context, secrets, source, close } = await openContext(environment(), options);
  try {
    terminal.progress(`following ${what} …`);
    const followed = await follow(await chain(what, context));
    terminal.progress('');
    const clean = (text: string) => secrets.scrub(text);
    process.exitCode = exitCodeOf(followed);
    if (flags.json) {
      terminal.answer(clean(JSON.stringify({ schemaVersion: 1, kind, what, source, ...followed }, undefined, 2)));
      return;
    }
    const asker = context.running ? '; AWS is asked by this shell' : '';
    terminal.answer(clean(`${kind} ${what} of ${context.service.name} (${source}${asker})`));
    for (const link of followed.links) terminal.answer(clean(describe(link, terminal)));
    if (followed.end === undefined)
      terminal.answer('\nno link holds it up that could be looked at, and it was not found');
  } finally {
    close();
  }
}

function exitCodeOf({ end }: Chain) {
  if (end === undefined) return COULD_NOT_RUN;
  return end.state === 'found' ? OK : FAILED;
}

const MARKS = {
  'goes on': ['↓', 'faint'],
  found: ['✓', 'good'],
  cause: ['✗', 'bad'],
  unknown: ['?', 'doubtful'],
} as const;

function describe({ state, link, says, evidence = [], remedy }: Link, { width, style }: Terminal): string {
  const [mark, look] = MARKS[state];
  return [
    `  ${style(look, mark)} ${link}: ${says}`,
    ...evidence.map((line) => wrap(line, width, '      ')),
    ...(remedy ? [wrap(`remedy: ${remedy}`, width, '      ')] : []),
  ].join('\n');
}
