/** What the containment of one wrapped method has to know of it. Each part is optional; what throws counts as absent. */
export interface CallRule {
  /** Whether this call is none for the instrumentation: the original method alone is called. */
  passes?(self: unknown, args: readonly unknown[]): boolean;
  /** The arguments for the instrumentation: what the instrumentation writes to is a copy in them. */
  copy?(args: readonly unknown[]): readonly unknown[];
  /** Called with what the instrumentation passes on to the original method, and with the application's arguments. */
  forward?(passedOn: readonly unknown[], args: readonly unknown[]): void;
  /** What the instrumentation gets in place of the result. The application gets the result itself. */
  observe?(result: unknown): unknown;
  /** Takes back what the instrumentation wrote to the arguments. Called before the call; the result, after the call. */
  restore?(args: readonly unknown[]): (() => void) | undefined;
  /** Whether the original method, and a callback in the last argument, run in the context of the caller. */
  readonly inCallerContext?: boolean;
  /** Whether the library keeps the promise that it returns, and follows it later: a cache of promises. */
  readonly isFollowed?: boolean;
}

/** The rule of each method that has none of its own: the library takes the names of its methods from the application. */
export const ANY_METHOD = '*';

/** Rules by the name of the method that an instrumentation wraps. */
export type CallRules = Readonly<Record<string, CallRule>>;
