import { REDACTED } from '../redaction/shown.js';
import type { Problem } from './configuration.js';
import type { Environment } from './environment.js';
import { nearestName } from './nearest-name.js';
import { SETTING_NAMES, settings } from './settings.js';

const KNOWN: ReadonlySet<string> = new Set(SETTING_NAMES);
/** Settings that only a configuration file can say. */
const FILE_NAMES: ReadonlySet<string> = new Set(SETTING_NAMES.filter((name) => settings[name].onlyInFile));
const OURS = 'MONITORING_';
const STANDARD = 'OTEL_';
/** A MONITORING_ name is nobody else's, so it may be far off; an unknown OTEL_ name may well be somebody's, so it may not. */
const OUR_SLIPS = 4;
const STANDARD_SLIPS = 1;

const ONLY_IN_FILE = 'a key of the file that OTEL_CONFIG_FILE names, nowhere else';

/** Variables that look like settings and are none. Their values are not shown: nothing says what they are. */
export function unknownNames(env: Environment): Problem[] {
  return Object.keys(env).flatMap((name) => {
    if (FILE_NAMES.has(name))
      return [{ key: name, value: REDACTED, from: 'environment', expected: ONLY_IN_FILE, used: 'nothing of it' }];
    const ours = name.startsWith(OURS);
    if ((!ours && !name.startsWith(STANDARD)) || KNOWN.has(name) || !env[name]?.trim()) return [];
    const nearest = nearestName(name, SETTING_NAMES, ours ? OUR_SLIPS : STANDARD_SLIPS);
    if (!ours && !nearest) return [];
    const expected = nearest ? `a known setting, perhaps ${nearest}` : 'a known setting (see docs/configuration.md)';
    return [{ key: name, value: REDACTED, from: 'environment', expected, used: 'nothing of it' }];
  });
}
