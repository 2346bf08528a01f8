import type { Clock } from '../aws/clock.js';
import { classify, type Failure } from '../aws/errors.js';

/** The calls that create what events are written to; each rejects with the service's error. */
export interface CreationApi {
  createLogStream(group: string, stream: string, signal: AbortSignal): Promise<void>;
  createLogGroup(group: string, signal: AbortSignal): Promise<void>;
  putRetentionPolicy(group: string, days: number, signal: AbortSignal): Promise<void>;
}

export interface DestinationOptions {
  readonly group: string;
  readonly stream: string;
  /** Set on a group that this process creates; a group that was there keeps its own. */
  readonly retentionDays?: number | undefined;
  readonly clock: Clock;
  /** Told once per cause what could not be set up. */
  readonly warn?: (kind: string, message: string) => void;
}

/** Milliseconds before a failed creation is tried again: a fleet that starts together must not hammer CreateLogGroup (10/s). */
export const CREATE_COOL_DOWN = 5_000;
/** Milliseconds before a creation that was not allowed is tried again: someone has to change a policy first. */
export const DENIED_COOL_DOWN = 300_000;
/** Another process is creating the same group at this moment: milliseconds between looks, and how many. */
const CONFLICT_PAUSE = 200;
const CONFLICT_ATTEMPTS = 5;

/**
 * The log group and stream, created when the service says that they are missing and not looked for before: describing at start is
 * what throttles a fleet. Stream first, for a process that may create no group needs none where the group is there.
 */
export class Destination {
  readonly #api: CreationApi;
  readonly #options: DestinationOptions;
  #pending: Promise<void> | undefined;
  #failure: { error: CreationError; until: number } | undefined;

  constructor(api: CreationApi, options: DestinationOptions) {
    this.#api = api;
    this.#options = options;
  }

  /** Where creation stands; for `status()`. */
  get trouble(): string | undefined {
    return this.#failure?.error.message;
  }

  /** Ends the cool-down after a creation that was denied: there are other credentials. */
  retryDenied(): void {
    if (this.#failure !== undefined && classify(this.#failure.error.cause).kind === 'denied') this.#failure = undefined;
  }

  /**
   * Creates what is missing. Callers at the same time share one attempt; after a failure the same error comes back without a call until
   * the cool-down is over.
   * @throws CreationError
   */
  create(signal: AbortSignal): Promise<void> {
    const failure = this.#failure;
    if (failure !== undefined && this.#options.clock.now() < failure.until) return Promise.reject(failure.error);
    this.#pending ??= this.#attempt(signal).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    try {
      await this.#create(signal);
      this.#failure = undefined;
    } catch (error) {
      const denied = classify(error).kind === 'denied';
      // A call that was given up says nothing about the service.
      const wait = signal.aborted ? 0 : denied ? DENIED_COOL_DOWN : CREATE_COOL_DOWN;
      const failure = new CreationError(error);
      this.#failure = { error: failure, until: this.#options.clock.now() + wait };
      throw failure;
    }
  }

  async #create(signal: AbortSignal): Promise<void> {
    if (await this.#createStream(signal)) return;
    if (await this.#createGroup(signal)) await this.#setRetention(signal);
    if (!(await this.#createStream(signal))) throw missing(this.#options.group);
  }

  /** False when there is no group for it. */
  async #createStream(signal: AbortSignal): Promise<boolean> {
    const { group, stream } = this.#options;
    const error = await this.#settled(() => this.#api.createLogStream(group, stream, signal), signal);
    if (error === undefined || nameOf(error) === ALREADY_THERE) return true;
    if (nameOf(error) === NOT_FOUND) return false;
    throw error;
  }

  /** True when this call made it. */
  async #createGroup(signal: AbortSignal): Promise<boolean> {
    const error = await this.#settled(() => this.#api.createLogGroup(this.#options.group, signal), signal);
    if (error === undefined) return true;
    if (nameOf(error) === ALREADY_THERE) return false;
    throw error;
  }

  /** A group without the wanted retention still takes events. */
  async #setRetention(signal: AbortSignal): Promise<void> {
    const { group, retentionDays, warn } = this.#options;
    if (retentionDays === undefined) return;
    const error = await this.#settled(() => this.#api.putRetentionPolicy(group, retentionDays, signal), signal);
    if (error === undefined) return;
    const { name, message } = classify(error);
    warn?.('retention', `retention of log group ${group} was not set to ${retentionDays} days: ${name}: ${message}`);
  }

  /** The call's error, if any, after conflicts with other processes were waited out. */
  async #settled(call: () => Promise<void>, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason ?? new Error('unknown failure'),
      );
      if (nameOf(error) !== CONFLICT || attempt >= CONFLICT_ATTEMPTS || signal.aborted) return error;
      await this.#pause(CONFLICT_PAUSE * attempt, signal);
    }
  }

  #pause(delay: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#options.clock.after(delay, done, false);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** A group or stream could not be created: whatever the cause, the events are not to blame. */
export class CreationError extends Error {
  override readonly name = 'CreationError';

  constructor(override readonly cause: unknown) {
    super(String(cause));
  }
}

/** What an error means for the events: a creation that failed for good waits for someone to mend it. */
export function classifyDelivery(error: unknown): Failure {
  if (!(error instanceof CreationError)) return classify(error);
  const failure = classify(error.cause);
  const passing = failure.kind === 'retry' || failure.kind === 'unanswered' || failure.kind === 'throttled';
  return passing ? failure : { ...failure, kind: 'denied' };
}

export const NOT_FOUND = 'ResourceNotFoundException';
const ALREADY_THERE = 'ResourceAlreadyExistsException';
const CONFLICT = 'OperationAbortedException';

export function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

function missing(group: string): Error {
  const error = new Error(`log group ${group} does not exist although it was just created`);
  error.name = NOT_FOUND;
  return error;
}
