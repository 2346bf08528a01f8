import type { IncomingMessage } from 'node:http';
import type { Work } from '../jobs/work.js';
import type { LoggedRecord } from '../wire/logged-record.js';
import { observed } from './observe.js';

/** What a framework, a queue or a logger tells of what the application does. */
export interface FrameworkHooks {
  /** The template of the route that `req` matched, such as `/users/:id`. */
  route(req: IncomingMessage, route: string): void;
  /** An error of a handler of `req`: thrown, rejected or passed on, answered or not. The same error may come again. */
  error(req: IncomingMessage, error: unknown, framework: string): void;
  /** Runs work that no request starts. Calls `run` once; what it returns or throws comes back. Absent: such work is not watched. */
  work?<T>(work: Work, run: () => T): T;
  /** What the application logged at error level or above through pino, winston or bunyan. Absent: they are not watched. */
  logged?(record: LoggedRecord): void;
}

/** Hooks whose failures stay here, and that can be let go of: some patches cannot be taken off again. */
export class SafeHooks implements FrameworkHooks {
  private hooks: FrameworkHooks | undefined;

  constructor(hooks: FrameworkHooks) {
    this.hooks = hooks;
  }

  route(req: IncomingMessage, route: string): void {
    observed(() => this.hooks?.route(req, route));
  }

  error(req: IncomingMessage, error: unknown, framework: string): void {
    observed(() => this.hooks?.error(req, error, framework));
  }

  work<T>(work: Work, run: () => T): T {
    return this.hooks?.work ? this.hooks.work(work, run) : run();
  }

  logged(record: LoggedRecord): void {
    observed(() => this.hooks?.logged?.(record));
  }

  stop(): void {
    this.hooks = undefined;
  }
}
