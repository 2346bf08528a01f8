import { REDACTED, shown } from '../redaction/shown.js';
import type { Origin, Problem } from './configuration.js';
import { SETTING_NAMES, type SettingName, settingOf, settings, type Values } from './settings.js';

/** The text that somebody gave for a setting. */
export interface Given {
  text: string;
  /** The name by which it was given: the variable, or the path of the key in a file. */
  key: string;
  /** `environment`, or the path of the configuration file. */
  from: string;
}

const ENVIRONMENT = 'environment';

/** The settings while they are read: what was given, the values so far, and at most one flaw for each setting. */
export class Draft {
  readonly values: Values;
  private readonly taken = new Set<SettingName>();
  private readonly flaws = new Map<SettingName, { expected: string; used?: string }>();

  constructor(private readonly given: ReadonlyMap<SettingName, Given>) {
    const values: Record<string, unknown> = {};
    for (const name of SETTING_NAMES) values[name] = this.valueOf(name);
    this.values = values as Values;
  }

  /** Whether the value is what somebody gave, perhaps mended, and not the default. */
  isTaken(name: SettingName): boolean {
    return this.taken.has(name);
  }

  /** Notes that the setting can't be taken as it was given. A later flaw of the same setting is dropped: one line each. */
  flaw(name: SettingName, expected: string, used?: string): void {
    if (!this.flaws.has(name)) this.flaws.set(name, used === undefined ? { expected } : { expected, used });
  }

  origins(): Record<string, Origin> {
    const origins: Record<string, Origin> = {};
    for (const name of SETTING_NAMES) origins[name] = originOf(this.given.get(name));
    return origins;
  }

  /** In the order of the table. What is used instead is the value that stands at this time. */
  problems(): Problem[] {
    return SETTING_NAMES.flatMap((name) => {
      const flaw = this.flaws.get(name);
      const given = this.given.get(name);
      if (!flaw || !given) return [];
      const value = settings[name].secret ? REDACTED : shown(given.text);
      const used = flaw.used ?? formatValue(name, this.values[name]);
      return [{ key: given.key, value, from: given.from, expected: flaw.expected, used }];
    });
  }

  private valueOf(name: SettingName): unknown {
    const setting = settingOf(name);
    const given = this.given.get(name);
    if (!given) return copyOf(setting.default);
    const text = plainText(given);
    const parsed = setting.type.parse(text);
    if (parsed.flaw !== undefined) this.flaw(name, parsed.flaw);
    else if (text !== given.text.trim()) this.flaw(name, 'the value without quotes around it');
    if (parsed.value === undefined) return copyOf(setting.default);
    this.taken.add(name);
    return parsed.value;
  }
}

/** What was given without the quotes that Docker's --env-file hands on as part of a value. */
export function plainText({ text }: Given): string {
  const trimmed = text.trim();
  return /^(["'])(.*)\1$/.exec(trimmed)?.[2]?.trim() || trimmed;
}

/** Defaults stand in the table for good; what is handed out may be changed. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  return typeof value === 'object' && value !== null ? { ...value } : value;
}

function originOf(given: Given | undefined): Origin {
  if (!given) return 'default';
  return given.from === ENVIRONMENT ? 'environment' : 'configuration file';
}

/** A value of the setting for a person: secrets masked, the default in words when there is none. */
export function formatValue(name: SettingName, value: unknown): string {
  const setting = settingOf(name);
  return value === undefined || value === null ? setting.otherwise.replaceAll('`', '') : setting.type.format(value);
}

export function givenByEnvironment(name: SettingName, text: string | undefined): Given | undefined {
  return text === undefined || text.trim() === '' ? undefined : { text, key: name, from: ENVIRONMENT };
}
