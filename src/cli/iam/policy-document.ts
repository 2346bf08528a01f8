/** What an action is allowed on. */
export interface Scope {
  readonly partition: string;
  /** Absent: any. */
  readonly region?: string | undefined;
  /** 12 digits; absent: any. */
  readonly account?: string | undefined;
  readonly logGroup?: string | undefined;
  /** Absent: metrics may go to any namespace. */
  readonly namespace?: string | undefined;
  readonly dashboardPrefix?: string | undefined;
  readonly alarmPrefix?: string | undefined;
}

export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string;
  readonly Condition?: { readonly StringEquals: Readonly<Record<string, string>> };
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** The statement that allows one action, on no more than what it is needed for. */
export function statementFor(action: string, scope: Scope): Statement {
  const namespace = action === 'cloudwatch:PutMetricData' ? scope.namespace : undefined;
  return {
    Effect: 'Allow',
    Action: action,
    Resource: resourceOf(action, scope),
    ...(namespace && { Condition: { StringEquals: { 'cloudwatch:namespace': namespace } } }),
  };
}

/** Actions on the same thing share a statement. */
export function policyFor(actions: readonly string[], scope: Scope): PolicyDocument {
  const groups = new Map<string, { statement: Statement; actions: string[] }>();
  for (const action of actions) {
    const statement = statementFor(action, scope);
    const key = JSON.stringify([statement.Resource, statement.Condition]);
    const group = groups.get(key) ?? { statement, actions: [] };
    group.actions.push(action);
    groups.set(key, group);
  }
  return {
    Version: '2012-10-17',
    Statement: Array.from(groups.values(), ({ statement, actions: shared }) => ({
      ...statement,
      Action: shared.sort(),
    })),
  };
}

/** Actions that are about no one log group, dashboard or alarm. */
const UNSCOPED = new Set(['logs:DescribeLogGroups', 'cloudwatch:ListDashboards', 'cloudwatch:DescribeAlarms']);

function resourceOf(action: string, scope: Scope): string {
  const { partition, region = '*', account = '*', logGroup = '*', dashboardPrefix, alarmPrefix } = scope;
  if (UNSCOPED.has(action)) return '*';
  // With `:*` for groups as well as for their streams.
  if (action.startsWith('logs:')) return `arn:${partition}:logs:${region}:${account}:log-group:${logGroup}:*`;
  // Dashboards are global.
  if (/Dashboards?$/.test(action)) return `arn:${partition}:cloudwatch::${account}:dashboard/${dashboardPrefix ?? ''}*`;
  if (/Alarms?$/.test(action)) return `arn:${partition}:cloudwatch:${region}:${account}:alarm:${alarmPrefix ?? ''}*`;
  return '*';
}
