import { type DiagLogger, diag } from '@opentelemetry/api';
import { type Environment, environment } from '../config/environment.js';
import { Notices, writeLine } from '../config/notices.js';
import { formatProblem } from '../config/print.js';
import { type Reading, readConfiguration } from '../config/read.js';
import { createRedactor, type Redactor } from '../redaction/redactor.js';
import type { StartOptions } from '../running-distro.js';

const RAW_SQL =
  'MONITORING_RAW_SQL is true: SQL statements are sent with their literals, and so with what is secret of them';

/** The settings in force and the ways to speak of them. */
export interface Settings {
  environment: Environment;
  reading: Reading;
  redactor: Redactor;
  notices: Notices;
}

/** Reads the settings from the environment, the configuration file and `options`; says a line for each that can't be used. */
export function readSettings(options: StartOptions): Settings {
  const variables = { ...environment(), ...options.settings };
  const reading = readConfiguration(variables);
  const { redact, rawSql } = reading.configuration;
  const redactor = createRedactor(redact, { rawSql, warn: (line) => diag.warn(line) });
  const say = (line: string) => redactor.text(line);
  const notices = new Notices(reading.configuration.logLevel, writeLine, Date.now, say);
  for (const problem of reading.problems) notices.say('warn', formatProblem(problem));
  if (rawSql) notices.say('warn', RAW_SQL);
  return { environment: variables, reading, redactor, notices };
}

/** OpenTelemetry's own messages among ours; what OpenTelemetry calls information is detail here. */
export function diagLogger(notices: Notices): DiagLogger {
  const at = (level: 'error' | 'warn' | 'info' | 'debug' | 'verbose') => (text: string) => notices.say(level, text);
  return { error: at('error'), warn: at('warn'), info: at('debug'), debug: at('debug'), verbose: at('verbose') };
}
