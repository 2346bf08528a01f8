import type { Command } from 'commander';
import type { TemplateValues } from '../../cloudwatch/template.js';
import type { Emission } from '../emitted-metrics.js';
import type { Target } from '../target.js';
import type { Change } from './differences.js';
import type { Finding } from './finding.js';

export type Json = Readonly<Record<string, unknown>>;

/** What tells dashboards and alarms apart for the commands that both have. */
export interface Kind {
  /** `dashboard` */
  readonly noun: string;
  /** The folder of the package with its templates, and the command's name: `dashboards`. */
  readonly plural: string;
  /** What the commands of this kind say at their end. */
  readonly help: string;
  /** Options that only this kind has, for the commands that make its documents. */
  addOptions(command: Command): Command;
  /** In front of a file's name, without `.json`, in the name that a document is deployed under. */
  defaultPrefix(values: TemplateValues): string;
  /** The same for a reader: `<namespace>-`. */
  readonly prefixHint: string;
  /** What the service says against a name; undefined: nothing. */
  nameProblem(name: string): string | undefined;
  /** One line about a document, for lists. */
  titleOf(document: Json): string;
  /**
   * The document that is deployed: a filled template with what the target and the options of {@link addOptions} make of it, marked as ours.
   * @throws CouldNotRun for an option that can't be meant
   */
  finish(document: Json, deployment: { name: string; stem: string; target: Target; options: Json }): Json;
  /** The service's own rules, for a finished document. */
  validate(document: Json): Finding[];
  /** What stays empty, since the application never emits it. */
  lint(document: Json, emission: Emission): Finding[];
  isOurs(deployed: Json): boolean;
  /** The desired document with what is left to those who deployed before. */
  adopt(desired: Json, deployed: Json, options: Json): Json;
  /** What a deployment would change. */
  compare(deployed: Json, desired: Json): Change[];
  /** What whoever deploys should know at the end, a line each. */
  remarks(deployed: readonly { readonly name: string; readonly document: Json }[], target: Target): string[];
  connect(target: Target): Promise<Remote>;
  cloudFormation(name: string, document: Json): { Type: string; Properties: Json };
  terraform(name: string, document: Json): { type: string; body: Json };
}

/** The service. Every call throws what the AWS SDK throws. */
export interface Remote {
  /** The documents that are deployed under these names. */
  get(names: readonly string[]): Promise<Map<string, Json>>;
  /** Returns what the service has to say of the document that it took. */
  put(name: string, document: Json): Promise<Finding[]>;
  delete(names: readonly string[]): Promise<void>;
  list(prefix: string): Promise<string[]>;
  /** What the service found wrong with a document that it refused. */
  findingsOf(error: unknown): Finding[];
  close(): void;
}
