import type { LoggedRecord } from '../../wire/logged-record.js';
import type { Recipe } from '../lazy-instrumentations.js';
import { BUNYAN_MODULES, patchBunyan } from './bunyan.js';
import { PINO_MODULES, patchPino } from './pino.js';
import { reportRecords } from './records.js';
import { patchWinston, WINSTON_MODULES } from './winston.js';

/** Our own patches of loggers, by the names by which they can be disabled: `logged` is given what is logged as an error. */
export function loggerRecipes(logged: (record: LoggedRecord) => void): Recipe[] {
  const report = reportRecords(logged);
  return [
    { name: 'pino', modules: PINO_MODULES, create: () => patchPino(report) },
    { name: 'winston', modules: WINSTON_MODULES, create: () => patchWinston(report) },
    { name: 'bunyan', modules: BUNYAN_MODULES, create: () => patchBunyan(report) },
  ];
}
