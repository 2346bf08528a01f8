/** What an operator sees, why it may be so, and the check that finds out: the troubleshooting guide, row by row. */

export interface Symptom {
  readonly seen: string;
  readonly causes: readonly SymptomCause[];
}

export interface SymptomCause {
  readonly cause: string;
  readonly remedy: string;
  /** Checks that find it, or a command that does. */
  readonly foundBy: readonly string[];
}

export const SYMPTOMS: readonly Symptom[] = [
  {
    seen: 'No metrics in CloudWatch: dashboards show no data, the console lists none',
    causes: [
      {
        cause: 'No credentials: nothing in ~/.aws/credentials, the environment or the role of the instance or task',
        remedy: 'AWS_PROFILE, or a role for the task, pod or instance',
        foundBy: ['MON-CRED-001', 'MON-CRED-002'],
      },
      {
        cause: 'The profile that AWS_PROFILE names does not exist',
        remedy: 'correct the name, or `aws configure --profile <name>`',
        foundBy: ['MON-CRED-001'],
      },
      {
        cause: 'Credentials that have expired, or that AWS does not know',
        remedy: 'renew them; `aws sso login`',
        foundBy: ['MON-CRED-003', 'MON-CRED-002'],
      },
      {
        cause: 'cloudwatch:PutMetricData is not allowed',
        remedy: 'the statement that the check prints',
        foundBy: ['MON-PERM-001'],
      },
      {
        cause: 'No region, one that does not exist, or another than the one that is looked at',
        remedy: 'AWS_REGION',
        foundBy: ['MON-CONF-004', 'MON-CONF-005'],
      },
      {
        cause: 'The middleware is not registered: the preload is missing, or comes after what it should instrument',
        remedy: '`node --require @org/monitoring/register`, before every other preload',
        foundBy: ['MON-LOAD-001'],
      },
      { cause: 'Another agent or SDK was there first', remedy: 'remove it', foundBy: ['MON-LOAD-002', 'MON-LOAD-003'] },
      {
        cause: 'The network: no way to monitoring.<region>.amazonaws.com, no VPC endpoint in a private subnet',
        remedy: 'a VPC endpoint or NAT gateway; outgoing TCP 443',
        foundBy: ['MON-NET-001', 'MON-NET-002'],
      },
      {
        cause: 'The clients could not be set up',
        remedy: 'what the `[monitoring]` lines and the last error of the running process say',
        foundBy: ['MON-METR-001', 'MON-RUN-002'],
      },
      {
        cause: 'Monitoring is switched off, or sends elsewhere',
        remedy: 'unset OTEL_SDK_DISABLED and the exporters',
        foundBy: ['MON-CONF-002'],
      },
      {
        cause: 'Another namespace than the dashboard has',
        remedy: 'MONITORING_NAMESPACE',
        foundBy: ['MON-METR-002', 'MON-CONF-003'],
      },
    ],
  },
  {
    seen: 'Error logs do not appear: nothing in the log group although errors occur',
    causes: [
      {
        cause: "The log group doesn't exist",
        remedy: '`aws logs create-log-group`, or let the first error make it',
        foundBy: ['MON-LOGS-001'],
      },
      {
        cause: 'logs:CreateLogGroup, logs:CreateLogStream or logs:PutLogEvents is not allowed',
        remedy: 'the statement that the check prints',
        foundBy: ['MON-PERM-002', 'MON-PERM-003', 'MON-LOGS-001'],
      },
      {
        cause:
          'The middleware is registered in the wrong order: the framework was loaded before the preload, or is in a bundle',
        remedy: 'the preload first; packages outside the bundle',
        foundBy: ['MON-LOAD-001', 'MON-LOAD-005'],
      },
      {
        cause:
          "Exceptions are caught before anything sees them, or carry a 4xx status, which is the client's error and no event",
        remedy: '`captureError(error)` where they are caught; `monitoring test error` proves the way',
        foundBy: ['monitoring test error', 'monitoring why error'],
      },
      {
        cause: 'Events are dropped: too many of one kind, too old, too large',
        remedy: 'the counter says which',
        foundBy: ['MON-LOGS-003'],
      },
    ],
  },
  {
    seen: 'Metrics have wrong values: CPU or memory differ from the actual usage',
    causes: [
      {
        cause: 'The container has no limit of its own, so that percentages are of the machine',
        remedy: 'set memory and CPU limits',
        foundBy: ['MON-HOST-001'],
      },
      {
        cause: 'The library that reads them (psutil in the old system) is out of date',
        remedy: 'nothing to update: the readings are those of the kernel, by `monitoring config`',
        foundBy: ['MON-HOST-001', 'MON-RUN-001'],
      },
      {
        cause: 'A calculation in the middleware: differences of memory before and after a request',
        remedy:
          'readings are named for what they measure (monitoring.request.heap.growth), and only of a ratio of the requests',
        foundBy: ['MON-HOST-002'],
      },
      {
        cause: 'Two units or two services under one name',
        remedy: 'OTEL_SERVICE_NAME for each service',
        foundBy: ['MON-CONF-003'],
      },
    ],
  },
  {
    seen: 'Dashboards can not be deployed, or do not appear',
    causes: [
      {
        cause: 'The script is not executable, or the AWS CLI is not installed',
        remedy: 'neither is needed: `monitoring dashboards deploy`',
        foundBy: ['monitoring dashboards deploy'],
      },
      {
        cause: 'The JSON of the dashboard is not valid',
        remedy: 'mend what the line names, with its path',
        foundBy: ['monitoring dashboards validate'],
      },
      {
        cause: 'No credentials for it, or cloudwatch:PutDashboard is not allowed',
        remedy: '`monitoring iam-policy`',
        foundBy: ['MON-CRED-001', 'MON-CRED-003'],
      },
      {
        cause: 'A step of the script fails without a word',
        remedy: '`monitoring dashboards deploy --dry-run` says what it would do',
        foundBy: ['monitoring dashboards diff'],
      },
    ],
  },
  {
    seen: 'Connections time out: the application is slow, logs show timeouts of AWS clients',
    causes: [
      {
        cause: 'Latency to AWS',
        remedy: 'the near region; the application does not wait for it',
        foundBy: ['MON-NET-002', 'MON-NET-003', 'MON-NET-004'],
      },
      { cause: 'Names are resolved slowly or not at all', remedy: '/etc/resolv.conf, ndots', foundBy: ['MON-NET-001'] },
      {
        cause: 'The service, or something before it, takes requests and does not answer',
        remedy: '`curl -v`',
        foundBy: ['MON-NET-001', 'MON-NET-002'],
      },
      {
        cause: 'The connection pool is exhausted',
        remedy: "six connections for each service, none of them in the application's thread; what waits is counted",
        foundBy: ['MON-METR-001'],
      },
      {
        cause: 'Sending blocks requests',
        remedy: 'it can not: a worker thread sends; without one the check says so',
        foundBy: ['MON-RUN-002'],
      },
      {
        cause: 'Only a proxy leads out',
        remedy: 'HTTPS_PROXY where the application starts; NO_PROXY for hosts that need none',
        foundBy: ['MON-NET-006'],
      },
    ],
  },
  {
    seen: 'Monitoring uses much CPU, performance is worse with it',
    causes: [
      {
        cause: 'Metrics are collected too often',
        remedy: 'OTEL_METRIC_EXPORT_INTERVAL=60000',
        foundBy: ['MON-HOST-002'],
      },
      {
        cause: 'Resource usage is computed for each request, or not cached',
        remedy: 'MONITORING_HOST_METRICS_SAMPLE_RATIO, MONITORING_HOST_METRICS_TTL',
        foundBy: ['MON-HOST-002'],
      },
      {
        cause: 'Too many metrics are sent',
        remedy: 'MONITORING_METRIC_DIMENSIONS=lite, MONITORING_MAX_SERIES',
        foundBy: ['MON-COST-001', 'MON-COST-002'],
      },
      {
        cause: 'Every request is traced',
        remedy: 'OTEL_TRACES_SAMPLER=parentbased_reservoir',
        foundBy: ['MON-XRAY-003'],
      },
    ],
  },
  {
    seen: 'Traces do not appear, or only some',
    causes: [
      {
        cause: 'The request was not sampled',
        remedy: 'OTEL_TRACES_SAMPLER_ARG',
        foundBy: ['MON-XRAY-003', 'monitoring why trace'],
      },
      { cause: 'xray:PutSpans is not allowed', remedy: 'AWSXrayWriteOnlyPolicy', foundBy: ['MON-PERM-004'] },
      {
        cause: 'Transaction Search is switched off',
        remedy: '`aws xray update-trace-segment-destination`',
        foundBy: ['MON-PERM-004', 'MON-XRAY-002'],
      },
      {
        cause: 'The package was loaded too early, or its version is not supported',
        remedy: 'the preload first',
        foundBy: ['MON-LOAD-001', 'MON-LOAD-004'],
      },
    ],
  },
  {
    seen: 'AWS answers that the signature has expired or does not match',
    causes: [
      { cause: 'The clock is off', remedy: 'time synchronisation', foundBy: ['MON-CLOCK-001'] },
      { cause: 'The secret does not belong to the key', remedy: 'copy both anew', foundBy: ['MON-CRED-003'] },
      { cause: 'The endpoint is in another region', remedy: 'AWS_REGION', foundBy: ['MON-CONF-004'] },
    ],
  },
];

/** The tools of the guide, and what does their work. */
export const TOOLS: readonly { readonly tool: string; readonly command: string }[] = [
  { tool: 'Publish a test metric', command: 'monitoring test metric' },
  { tool: 'Make a test error and look for it', command: 'monitoring test error' },
  { tool: 'See what CloudWatch is called for (CloudTrail)', command: 'monitoring doctor --cloudtrail' },
  { tool: 'Trace a request (X-Ray)', command: 'monitoring test trace' },
  { tool: 'See each setting with its origin', command: 'monitoring config --all' },
  { tool: 'Follow one metric, error or trace', command: 'monitoring why metric http.server.request.duration' },
];
