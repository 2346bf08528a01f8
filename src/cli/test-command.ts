import { Command, InvalidArgumentError } from 'commander';
import { sanitiseNamespace } from '../../exporters/cloudwatch-metrics/dimensions.js';
import { STANDARD_UNITS } from '../../exporters/cloudwatch-metrics/units.js';
import { environment } from '../config/environment.js';
import { perhaps } from '../config/nearest-name.js';
import type { CheckContext } from './doctor/context.js';
import { FAILED, OK } from './exit.js';
import { milliseconds, secondsOption } from './options.js';
import { type ProbeKind, SIGNALS, TEST_METRIC, type TestMetric } from './probe/telemetry.js';
import { addSubjectOptions, type SubjectFlags, subjectOf } from './target.js';
import { type Terminal, wrap } from './terminal.js';

interface TestFlags extends SubjectFlags {
  wait?: number;
  timeout: number;
  json?: boolean;
  namespace?: string;
  name?: string;
  value?: number;
  unit?: string;
}

const BY_SHELL =
  "This shell sends it by the application's worker and exporters, with the settings of the process or its own.";
const WAYS: Readonly<Record<ProbeKind, string>> = {
  metric: BY_SHELL,
  trace: BY_SHELL,
  error:
    'The running process captures and delivers it, with its own credentials. Without a process this shell does; the last line says what is proven.',
};

/** `monitoring test metric|error|trace`: sends one through the pipeline, and says what AWS answers. */
export function testCommand(terminal: Terminal): Command {
  const command = new Command('test').description('send one metric, error or trace, and say what AWS answers');
  for (const [kind, what] of [
    ['metric', 'the metric monitoring.test with the value 1, under the name of the service'],
    ['error', 'one error event, to the log group of the errors'],
    ['trace', 'one trace with a single span'],
  ] as const) {
    const verb = addSubjectOptions(new Command(kind));
    if (kind === 'metric') addMetricOptions(verb);
    command.addCommand(
      verb
        .description(`send ${what}`)
        .option('--wait <seconds>', 'then wait until it can be read back', milliseconds)
        .addOption(secondsOption('--timeout <seconds>', 'for AWS to take it', 15))
        .option('--json', 'as one JSON document')
        .addHelpText(
          'after',
          `\n${WAYS[kind]}\nExits with 0 when it was taken, 1 when not.\n\n  $ monitoring test ${kind} --wait 120${EXAMPLES[kind] ?? ''}`,
        )
        .action((flags: TestFlags) => run(kind, flags, terminal)),
    );
  }
  return command;
}

const EXAMPLES: Readonly<Partial<Record<ProbeKind, string>>> = {
  metric: '\n  $ monitoring test metric --namespace Shop --name TestMetric --value 100 --unit Count',
};

function addMetricOptions(command: Command): void {
  command
    .option('--namespace <name>', 'CloudWatch namespace of this metric (default: that of the service)', namespaceName)
    .option('--name <name>', `of the metric (default: ${TEST_METRIC.name})`, metricName)
    .option('--value <number>', `of the metric (default: ${TEST_METRIC.value})`, finiteNumber)
    .option('--unit <unit>', 'of CloudWatch, such as Count, Seconds or Percent (default: None)', unitName);
}

/** PutMetricData: 1 to 255 characters of ASCII. */
const ASCII_NAME = /^[\x20-\x7e]{1,255}$/;

function metricName(text: string): string {
  if (!ASCII_NAME.test(text)) throw new InvalidArgumentError('Expected 1 to 255 characters of ASCII.');
  return text;
}

function namespaceName(text: string): string {
  if (sanitiseNamespace(text) !== text) throw new InvalidArgumentError('Expected a namespace as CloudWatch takes it.');
  return text;
}

function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

function unitName(text: string): string {
  const unit = STANDARD_UNITS.find((each) => each.toLowerCase() === text.toLowerCase());
  if (unit === undefined) {
    const all = `${STANDARD_UNITS.slice(0, -1).join(', ')} or ${STANDARD_UNITS.at(-1)}`;
    throw new InvalidArgumentError(`Expected ${all}${perhaps(text, STANDARD_UNITS)}.`);
  }
  return unit;
}

async function run(kind: ProbeKind, flags: TestFlags, terminal: Terminal): Promise<void> {
  const { wait, timeout, json } = flags;
  const { openContext } = await import('./doctor/build-context.js');
  const { createProbe } = await import('./probe/telemetry.js');
  const { deliverProbe } = await import('./probe/deliver.js');
  const { readBack } = await import('./probe/read-back.js');
  const { describeCounters } = await import('./doctor/destination-status.js');
  const options = { offline: false, writeProbe: true, wait: wait ?? 0, cloudTrail: false, ...subjectOf(flags) };
  const { context: found, secrets, source, close } = await openContext(environment(), options);
  const context = flags.namespace === undefined ? found : inNamespace(flags.namespace, found);
  try {
    const clean = (text: string) => secrets.scrub(text);
    const probe = createProbe(kind, Date.now(), metricOf(flags));
    const to = clean(
      `test ${kind} of ${context.service.name}${await whereTo(kind, context)} (${source}): ${probe.key}`,
    );
    // Who writes says to whom before it does.
    if (json) terminal.problem(to);
    else terminal.answer(to);
    terminal.progress(`sending a test ${kind} …`);
    const sent = await deliverProbe(probe, context, timeout);
    const seen =
      wait !== undefined && sent.accepted
        ? await readBack(probe, context, wait, AbortSignal.timeout(wait + 5000))
        : undefined;
    terminal.progress('');
    const { region } = await context.region();
    const trouble = sent.destinations
      .map(({ queue, trouble: own }) => queue?.trouble ?? own)
      .find((text) => text !== undefined);
    const destinations = sent.destinations.map(({ name, counters }) => ({
      name,
      counters: describeCounters(counters),
    }));
    process.exitCode =
      sent.accepted && seen?.obstacle === undefined && seen?.found !== false
        ? OK
        : sent.accepted && seen?.obstacle !== undefined
          ? OK
          : FAILED;
    if (json) {
      const document = {
        schemaVersion: 1,
        kind,
        key: probe.key,
        service: context.service.name,
        region,
        source,
        by: sent.by,
        proves: sent.proves,
        accepted: sent.accepted,
        duration: sent.duration,
        destinations,
        ...(trouble && { trouble: clean(trouble) }),
        notices: sent.notices.map(clean),
        ...(seen && { readBack: { ...seen, ...(seen.obstacle && { obstacle: clean(seen.obstacle) }) } }),
      };
      terminal.answer(JSON.stringify(document, undefined, 2));
      return;
    }
    if (destinations.length === 0) terminal.answer('  no destination: its exporters are none, or there is no region');
    for (const { name, counters } of destinations) terminal.answer(`  ${name}: ${counters}`);
    terminal.answer(sent.accepted ? `  taken after ${sent.duration} ms` : `  not taken within ${sent.duration} ms`);
    if (trouble !== undefined) terminal.answer(wrap(clean(trouble), terminal.width, '  '));
    for (const notice of sent.notices) terminal.problem(clean(notice));
    if (seen !== undefined) {
      const found = seen.found
        ? `readable ${seen.after} ms later`
        : (seen.obstacle ?? `not readable within ${seen.after} ms; it may take two minutes`);
      terminal.answer(clean(`  ${found} (${seen.asked})`));
    }
    terminal.answer(
      sent.accepted ? `  by ${sent.by}; proves ${sent.proves}` : `  by ${sent.by}; monitoring doctor finds the cause`,
    );
  } finally {
    close();
  }
}

const SERVICES = { metric: 'monitoring', error: 'logs', trace: 'xray' } as const;

/** ` in us-west-2, to http://127.0.0.1:4318`. */
async function whereTo(kind: ProbeKind, { configuration, region }: CheckContext): Promise<string> {
  const { givenEndpoint } = await import('./aws/services.js');
  const { region: name } = await region();
  const { exporters } = configuration[SIGNALS[kind]];
  const urls = exporters.includes('otlp' as never)
    ? configuration.otlp[SIGNALS[kind]].url
    : givenEndpoint(SERVICES[kind], configuration.aws);
  return `${name ? ` in ${name}` : ''}${urls ? `, to ${urls}` : ''}`;
}

function metricOf({ name, value, unit }: TestFlags): Partial<TestMetric> {
  return {
    ...(name !== undefined && { name }),
    ...(value !== undefined && { value }),
    ...(unit !== undefined && { unit }),
  };
}

function inNamespace(namespace: string, context: CheckContext): CheckContext {
  const { configuration } = context;
  return { ...context, configuration: { ...configuration, metrics: { ...configuration.metrics, namespace } } };
}
