import type { Configuration } from '../../config/configuration.js';

/** Whose policy it is: the application's, that of somebody who looks for a fault, that of somebody who deploys dashboards and alarms. */
export const ROLES = ['app', 'doctor', 'deploy'] as const;
export type Role = (typeof ROLES)[number];

const METRICS = ['cloudwatch:PutMetricData'];
const ERRORS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:PutRetentionPolicy'];
/** Of X-Ray's OTLP endpoint, as its managed policy AWSXrayWriteOnlyPolicy has them. */
const TRACES = ['xray:PutSpans', 'xray:PutSpansForIndexing', 'xray:PutTraceSegments'];
const SAMPLING = ['xray:GetSamplingRules', 'xray:GetSamplingTargets'];

/** What `doctor`, `why` and `test` ask besides what they try for the application. sts:GetCallerIdentity is allowed to everybody. */
const READ = {
  metrics: ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'],
  errors: ['logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:FilterLogEvents'],
  traces: ['xray:BatchGetTraces', 'xray:GetSamplingRules', 'xray:GetTraceSegmentDestination'],
  any: ['cloudtrail:LookupEvents'],
};

const DEPLOY = [
  ...['DeleteDashboards', 'GetDashboard', 'ListDashboards', 'PutDashboard'],
  ...['DeleteAlarms', 'DescribeAlarms', 'PutMetricAlarm'],
].map((action) => `cloudwatch:${action}`);

/** The actions that a role needs with these settings, and no other. */
export function neededActions(role: Role, configuration: Configuration): string[] {
  if (role === 'deploy') return DEPLOY;
  const { metrics, logs, traces } = uses(configuration);
  const application = [
    ...(metrics ? METRICS : []),
    ...(logs ? ERRORS : []),
    ...(traces ? TRACES : []),
    ...(asksForRules(configuration) ? SAMPLING : []),
  ];
  if (role === 'app') return application;
  const read = [
    ...(metrics ? READ.metrics : []),
    ...(logs ? READ.errors : []),
    ...(traces ? READ.traces : []),
    ...(metrics || logs || traces ? READ.any : []),
  ];
  return [...new Set([...application, ...read])];
}

function uses({ disabled, metrics, logs, traces }: Configuration) {
  return {
    metrics: !disabled && metrics.exporters.some((name) => name === 'cloudwatch' || name === 'cloudwatch_otlp'),
    logs: !disabled && logs.exporters.includes('cloudwatch'),
    traces: !disabled && traces.exporters.includes('xray'),
  };
}

/** An agent or a collector that hands out the rules is asked without signing. */
function asksForRules({ disabled, traces: { exporters, sampler } }: Configuration): boolean {
  return !disabled && exporters.length > 0 && sampler.name === 'xray' && sampler.endpoint === undefined;
}
