import type { SpanMessage, Telemetry } from '../../wire/messages.js';

/** Messages of spans and metrics; at 3000 spans a second as many as come in five seconds, a worker is back after one. */
export const MAX_MESSAGES = 32;

export type Held = SpanMessage | Extract<Telemetry, { kind: 'metrics' }>;

/** Spans and metrics that the application's thread holds while there is no worker to give them to. */
export class Backlog {
  private held: Held[] = [];

  get isEmpty(): boolean {
    return this.held.length === 0;
  }

  /** @returns the oldest message, when it has to go for this one */
  add(telemetry: Held): Held | undefined {
    this.held.push(telemetry);
    return this.held.length > MAX_MESSAGES ? this.held.shift() : undefined;
  }

  all(): readonly Held[] {
    return this.held;
  }

  /** Takes all out, the oldest first. */
  take(): Held[] {
    const { held } = this;
    this.held = [];
    return held;
  }
}
