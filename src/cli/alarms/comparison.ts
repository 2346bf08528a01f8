import { type Change, differences } from '../templates/differences.js';
import type { Json } from '../templates/kind.js';

const ACTIONS = ['AlarmActions', 'OKActions', 'InsufficientDataActions'] as const;

/** What DescribeAlarms says of an alarm besides what was put. */
const STATE =
  /^(AlarmArn|State\w*|AlarmConfigurationUpdatedTimestamp|StateTransitionedTimestamp|EvaluationState|Tags)$/;

/** Members that an alarm without them has. */
const DEFAULTS: Json = { ActionsEnabled: true, TreatMissingData: 'missing' };

/** What a deployment would change: order of dimensions and actions, and defaults that are spelt out or not, mean nothing. */
export function compareAlarms(deployed: Json, desired: Json): Change[] {
  return differences(comparable(deployed), comparable(desired));
}

export function comparable(alarm: Json): Json {
  const configuration = Object.entries(alarm).filter(([key, value]) => !STATE.test(key) && !isNothing(value));
  const full: Record<string, unknown> = { ...DEFAULTS, ...Object.fromEntries(configuration) };
  if (full.DatapointsToAlarm === undefined) full.DatapointsToAlarm = full.EvaluationPeriods;
  if (Array.isArray(full.Metrics)) {
    full.Metrics = full.Metrics.map((query) => ({ ReturnData: true, ...query }));
  }
  for (const member of ACTIONS) {
    const actions = full[member];
    if (Array.isArray(actions)) full[member] = [...actions].sort();
  }
  return full;
}

/** Who is told is often set up elsewhere, and PutMetricAlarm replaces everything: actions that the desired alarm does not name stay. */
export function adoptActions(desired: Json, deployed: Json): Json {
  const kept = ACTIONS.filter((member) => desired[member] === undefined && hasItems(deployed[member]));
  const enabled = desired.ActionsEnabled ?? deployed.ActionsEnabled;
  return {
    ...desired,
    ...Object.fromEntries(kept.map((member) => [member, deployed[member]])),
    // An alarm that was silenced by hand stays silent.
    ...(enabled === false && { ActionsEnabled: false }),
  };
}

const hasItems = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

/** CloudWatch may spell out what was not put. */
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
