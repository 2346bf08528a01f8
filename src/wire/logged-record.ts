/** A record that the application's logger wrote, as the instrumentation of that logger reports it. */
export interface LoggedRecord {
  /** `pino`, `winston`, `bunyan`. */
  logger: string;
  /** The logger's own level: a name, or the number of pino and bunyan (50 error, 60 fatal). */
  level: string | number;
  message: string;
  /** The error that was logged, when the logger tells. */
  error?: unknown;
  /** The fields that were logged with it. */
  fields?: Record<string, unknown> | undefined;
}
