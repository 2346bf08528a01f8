import { Command, Option } from 'commander';
import { environment } from '../../config/environment.js';
import { formatProblem } from '../../config/print.js';
import { awsTrouble } from '../aws-client.js';
import { CouldNotRun, FAILED, OK } from '../exit.js';
import { addTargetOptions, findTarget, requireRegion, type Target, type TargetOptions } from '../target.js';
import type { Terminal } from '../terminal.js';
import { describeChange } from './differences.js';
import { type Finding, formatFinding } from './finding.js';
import { FORMATS, type Format, render } from './formats.js';
import type { Kind, Remote } from './kind.js';
import { plan, type State, type Step } from './plan.js';
import { hasErrors, lint, type Preparation, type Prepared, prepare } from './prepare.js';
import { findTemplates } from './template-files.js';

interface Options extends TargetOptions {
  readonly prefix?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly format?: Format;
  readonly offline?: boolean;
}

/** `monitoring dashboards …`, `monitoring alarms …`: list, validate, lint, diff, deploy, delete, render. */
export function templateCommand(kind: Kind, terminal: Terminal): Command {
  return new TemplateCommands(kind, terminal).command();
}

class TemplateCommands {
  constructor(
    private readonly kind: Kind,
    private readonly terminal: Terminal,
  ) {}

  command(): Command {
    const { plural, noun } = this.kind;
    return new Command(plural)
      .description(`make, check and deploy the CloudWatch ${plural} of the service`)
      .addHelpText('after', this.kind.help)
      .addCommand(
        this.verb('list', `the built-in ${plural}, and which are deployed`, (c) => this.list(c), {
          json: true,
          offline: true,
        }),
      )
      .addCommand(
        this.verb(
          'validate',
          `check ${plural} by the rules of CloudWatch, without calling it`,
          (c) => this.validate(c),
          { json: true },
        ),
      )
      .addCommand(
        this.verb(
          'lint',
          'what stays empty, because the application never emits its metric with those dimensions',
          (c) => this.lint(c),
          { json: true },
        ),
      )
      .addCommand(
        this.verb(
          'diff',
          'what a deployment would change; exits with 1 when it would change something',
          (c) => this.diff(c),
          { json: true },
        ),
      )
      .addCommand(
        this.verb(
          'deploy',
          `put ${plural} into the account; what is there already is left alone`,
          (c) => this.deploy(c),
          { writes: true },
        ),
      )
      .addCommand(this.verb('delete', `take ${plural} out of the account`, (c) => this.delete(c), { writes: true }))
      .addCommand(
        this.verb('render', `print ${plural} as they would be deployed`, (c) => this.render(c), {}).addOption(
          new Option('--format <format>', `${noun} bodies, a CloudFormation template, or Terraform’s JSON syntax`)
            .choices(FORMATS)
            .default('json'),
        ),
      );
  }

  private verb(
    name: string,
    description: string,
    run: (call: Call) => Promise<void>,
    has: { json?: boolean; writes?: boolean; offline?: boolean },
  ): Command {
    const { noun, plural } = this.kind;
    const command = new Command(name)
      .description(description)
      .argument(
        `[${plural}...]`,
        `built-in ${plural} by name, your own by the path of a file or folder (default: all built-in ones)`,
      );
    addTargetOptions(command).option(
      '--prefix <text>',
      `in front of each ${noun}’s name (default: ${this.kind.prefixHint})`,
    );
    this.kind.addOptions(command);
    if (has.json) command.option('--json', 'as one JSON document');
    if (has.offline) command.option('--offline', 'do not ask CloudWatch what is deployed');
    if (has.writes) {
      command.option('--dry-run', 'say what would be done, and do nothing');
      command.option('--force', `also a ${noun} that was not deployed by this command`);
    }
    return command.action(async (words: string[], options: Options) => run(await this.call(words, options)));
  }

  private async call(words: readonly string[], options: Options): Promise<Call> {
    const target = await findTarget(options, environment());
    for (const problem of target.problems) this.terminal.problem(formatProblem(problem));
    for (const remark of target.remarks) this.terminal.problem(remark);
    const prefix = options.prefix ?? this.kind.defaultPrefix(target);
    return { words, options, preparation: { kind: this.kind, target, prefix, options: { ...options } } };
  }

  private prepared({ words, preparation }: Call): Prepared[] {
    return findTemplates(this.kind.plural, words).map((file) => prepare(file, preparation));
  }

  private async list(call: Call): Promise<void> {
    const prepared = this.prepared(call);
    const { options, preparation } = call;
    let states = new Map<string, string>();
    let others: string[] = [];
    if (!options.offline) {
      await this.connected(preparation.target, async (remote) => {
        const steps = await plan(this.kind, remote, prepared, preparation.options);
        states = new Map(steps.map(({ name, state }) => [name, DEPLOYED[state]]));
        const known = new Set(prepared.map(({ name }) => name));
        const there = preparation.prefix === '' ? [] : await remote.list(preparation.prefix);
        others = there.filter((name) => !known.has(name));
      });
    }
    const rows = [
      ...prepared.map(({ name, file, document }) => ({
        name,
        state: states.get(name) ?? (options.offline ? 'not asked' : 'not readable'),
        file: file.label,
        title: document ? this.kind.titleOf(document) : 'not JSON',
      })),
      ...others.map((name) => ({ name, state: 'deployed, no file here', file: '', title: '' })),
    ];
    if (options.json) this.terminal.answer(JSON.stringify(rows, undefined, 2));
    else this.terminal.answer(columns(rows.map(({ name, state, file, title }) => [name, state, file, title])));
  }

  private async validate(call: Call): Promise<void> {
    const prepared = this.prepared(call);
    this.findings(
      call,
      prepared.map(({ file, findings }) => ({ file: file.label, findings })),
      'valid',
    );
    process.exitCode = prepared.some(hasErrors) ? FAILED : OK;
  }

  private async lint(call: Call): Promise<void> {
    const prepared = this.prepared(call);
    if (!this.areValid(prepared, 'looked at')) return;
    const found = [...lint(prepared, call.preparation)].map(([{ file }, findings]) => ({ file: file.label, findings }));
    this.findings(call, found, 'nothing stays empty');
    process.exitCode = found.some(({ findings }) => findings.length > 0) ? FAILED : OK;
  }

  /** The answer of a check: a line each, or that all is well. */
  private findings(
    { options }: Call,
    files: readonly { file: string; findings: readonly Finding[] }[],
    fine: string,
  ): void {
    if (options.json) {
      this.terminal.answer(JSON.stringify(files, undefined, 2));
      return;
    }
    for (const { file, findings } of files) {
      if (findings.length === 0) this.terminal.answer(`${file}: ${this.terminal.style('good', fine)}`);
      for (const finding of findings) {
        const word = this.terminal.style(finding.severity === 'error' ? 'bad' : 'doubtful', finding.severity);
        this.terminal.answer(`${word} ${formatFinding(file, finding)}`);
      }
    }
  }

  private async diff(call: Call): Promise<void> {
    const prepared = this.prepared(call);
    if (!this.areValid(prepared, 'compared')) return;
    const steps = await this.planned(call, prepared);
    if (call.options.json) {
      const answer = steps.map(({ name, state, changes }) => ({ name, state, changes }));
      this.terminal.answer(JSON.stringify(answer, undefined, 2));
    } else this.describe(steps, DIFFERENCE);
    process.exitCode = steps.every(({ state }) => state === 'unchanged') ? OK : FAILED;
  }

  private describe(steps: readonly Step[], words: Record<State, string>): void {
    const { style } = this.terminal;
    for (const step of steps) {
      this.terminal.answer(`${style('strong', step.name)}: ${words[step.state]}`);
      if (step.state === 'new' || step.state === 'unchanged') continue;
      for (const change of step.changes) {
        for (const line of describeChange(change, style)) this.terminal.answer(`  ${line}`);
      }
    }
  }

  private async deploy(call: Call): Promise<void> {
    const prepared = this.prepared(call);
    const { options, preparation } = call;
    if (!this.areValid(prepared, 'deployed')) return;
    this.warn(prepared, preparation);
    await this.connected(preparation.target, async (remote) => {
      this.terminal.progress(`reading what is deployed in ${preparation.target.region}`);
      const steps = await plan(this.kind, remote, prepared, preparation.options);
      const foreign = options.force ? [] : steps.filter(({ state }) => state === 'foreign');
      if (foreign.length > 0) {
        for (const { name } of foreign) {
          this.terminal.problem(
            `${name} is there and was not deployed by this command: --force replaces it, --prefix chooses other names`,
          );
        }
        this.terminal.problem('nothing was deployed');
        process.exitCode = FAILED;
        return;
      }
      if (options.dryRun) this.describe(steps, WOULD);
      else if (await this.putAll(remote, steps)) {
        for (const remark of this.kind.remarks(steps, preparation.target)) this.terminal.problem(remark);
        process.exitCode = OK;
      } else process.exitCode = FAILED;
    });
  }

  /** False: the service refused one; those after it were not sent. */
  private async putAll(remote: Remote, steps: readonly Step[]): Promise<boolean> {
    for (const { name, state, document, changes, prepared } of steps) {
      if (state === 'unchanged') {
        this.terminal.answer(`unchanged  ${name}`);
        continue;
      }
      this.terminal.progress(`putting ${name}`);
      try {
        const messages = await remote.put(name, document);
        const count = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`;
        this.terminal.answer(state === 'new' ? `created    ${name}` : `updated    ${name} (${count})`);
        for (const message of messages)
          this.terminal.problem(`warning ${formatFinding(prepared.file.label, prepared.place(message))}`);
      } catch (error) {
        const findings = remote.findingsOf(error);
        if (findings.length === 0) throw error;
        this.terminal.problem(`CloudWatch refuses ${name}:`);
        for (const finding of findings)
          this.terminal.problem(`error ${formatFinding(prepared.file.label, prepared.place(finding))}`);
        return false;
      }
    }
    return true;
  }

  private async delete(call: Call): Promise<void> {
    const { options, preparation } = call;
    const names = this.namesOf(call);
    await this.connected(preparation.target, async (remote) => {
      const deployed = await remote.get(names);
      const doomed = names.filter((name) => deployed.has(name));
      const foreign = options.force ? [] : doomed.filter((name) => !this.kind.isOurs(deployed.get(name) ?? {}));
      for (const name of foreign) this.terminal.problem(`${name} was not deployed by this command: --force deletes it`);
      if (foreign.length > 0) {
        this.terminal.problem('nothing was deleted');
        process.exitCode = FAILED;
        return;
      }
      if (doomed.length > 0 && !options.dryRun) await remote.delete(doomed);
      for (const name of names) {
        const done = options.dryRun ? 'would delete' : 'deleted     ';
        this.terminal.answer(`${doomed.includes(name) ? done : 'not there   '} ${name}`);
      }
    });
  }

  /** What was deployed from a file that is gone is named without the prefix. */
  private namesOf({ words, preparation }: Call): string[] {
    const { plural } = this.kind;
    const stems = words.flatMap((word) => {
      try {
        return findTemplates(plural, [word]).map(({ stem }) => stem);
      } catch (error) {
        if (!(error instanceof CouldNotRun) || /[/\\]|\.json$/i.test(word)) throw error;
        return [word];
      }
    });
    const all = words.length === 0 ? findTemplates(plural, []).map(({ stem }) => stem) : stems;
    return [...new Set(all)].map((stem) => `${preparation.prefix}${stem}`);
  }

  private async render(call: Call): Promise<void> {
    const { options, preparation } = call;
    requireRegion(preparation.target);
    const prepared = this.prepared(call);
    if (!this.areValid(prepared, 'printed')) return;
    this.warn(prepared, preparation);
    const documents = prepared.flatMap(({ name, document }) => (document ? [{ name, document }] : []));
    this.terminal.answer(render(this.kind, options.format ?? 'json', documents));
  }

  /** Shows what is doubtful, and what stays empty; neither keeps anything from being deployed. */
  private warn(prepared: readonly Prepared[], preparation: Preparation): void {
    for (const { file, findings } of prepared) this.problems(file.label, findings);
    for (const [{ file }, findings] of lint(prepared, preparation)) this.problems(file.label, findings);
  }

  private problems(file: string, findings: readonly Finding[]): void {
    for (const finding of findings) this.terminal.problem(`${finding.severity} ${formatFinding(file, finding)}`);
  }

  /** Whether CloudWatch would take all of them. Says what it would not, and that nothing was done. */
  private areValid(prepared: readonly Prepared[], done: string): boolean {
    const invalid = prepared.filter(hasErrors);
    if (invalid.length === 0) return true;
    for (const { file, findings } of invalid) this.problems(file.label, findings);
    this.terminal.problem(`nothing was ${done}: CloudWatch would refuse ${invalid.map(({ name }) => name).join(', ')}`);
    process.exitCode = FAILED;
    return false;
  }

  private async planned({ preparation }: Call, prepared: readonly Prepared[]): Promise<Step[]> {
    let steps: Step[] = [];
    await this.connected(preparation.target, async (remote) => {
      steps = await plan(this.kind, remote, prepared, preparation.options);
    });
    return steps;
  }

  /** @throws CouldNotRun for whatever the service or the way to it says */
  private async connected(target: Target, use: (remote: Remote) => Promise<void>): Promise<void> {
    const remote = await this.kind.connect(target);
    try {
      await use(remote);
    } catch (error) {
      throw error instanceof CouldNotRun ? error : awsTrouble(error, target);
    } finally {
      remote.close();
    }
  }
}

interface Call {
  readonly words: readonly string[];
  readonly options: Options;
  readonly preparation: Preparation;
}

const DEPLOYED: Record<State, string> = {
  new: 'not deployed',
  changed: 'deployed, differs',
  unchanged: 'deployed',
  foreign: 'name taken by another',
};

const DIFFERENCE: Record<State, string> = {
  new: 'not deployed',
  changed: 'differs from what is deployed',
  unchanged: 'deployed as it is here',
  foreign: 'not deployed by this command, and differs',
};

const WOULD: Record<State, string> = {
  new: 'would be created',
  changed: 'would be updated',
  unchanged: 'unchanged',
  foreign: 'would replace one that was not deployed by this command',
};

/** Rows with their cells below each other; the last cell is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, place) => Math.max(...rows.map((row) => (row[place] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, place) => cell.padEnd(widths[place] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
