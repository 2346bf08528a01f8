import { partitionOf } from '../../../exporters/aws/endpoints.js';
import { validateDashboardBody } from '../../cloudwatch/dashboard-body.js';
import { differences } from '../templates/differences.js';
import type { Finding } from '../templates/finding.js';
import type { Json, Kind } from '../templates/kind.js';
import { lintDashboard } from './lint.js';
import { isManaged, managed } from './managed.js';
import { connectDashboards } from './remote-dashboards.js';

/** Dashboard names in CloudWatch: `[A-Za-z0-9-_]`, at most 255. */
const NAME = /^[A-Za-z0-9_-]{1,255}$/;

export const dashboardKind: Kind = {
  noun: 'dashboard',
  plural: 'dashboards',
  help: `
Each dashboard serves every service of its namespace: service and environment are chosen at the top of the page. A dashboard costs about
$3 a month beyond the account's first three.

  $ monitoring dashboards deploy --dry-run
  $ monitoring dashboards deploy --region eu-west-1
  $ monitoring dashboards deploy errors ops/dashboards/    built-in ones by name, your own by path
  $ monitoring dashboards render --format terraform > dashboards.tf.json`,
  addOptions: (command) => command,
  defaultPrefix: ({ namespace }) => `${namespace.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 200)}-`,
  prefixHint: '<namespace>-',
  nameProblem: (name) =>
    NAME.test(name) ? undefined : `${JSON.stringify(name)} is no name for a dashboard: 1 to 255 of A-Z a-z 0-9 - _`,
  titleOf: headingOf,
  finish: managed,
  validate(document) {
    const { errors, warnings } = validateDashboardBody(JSON.stringify(document));
    return [...findings('error', errors), ...findings('warning', warnings)];
  },
  lint: lintDashboard,
  isOurs: isManaged,
  adopt: (desired) => desired,
  compare: differences,
  // An endpoint of one's own has no console.
  remarks: (deployed, { region, configuration }) =>
    configuration.aws.endpoints.cloudwatch === undefined ? deployed.map(({ name }) => dashboardLink(name, region)) : [],
  connect: connectDashboards,
  cloudFormation: (DashboardName, document) => ({
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: { DashboardName, DashboardBody: JSON.stringify(document) },
  }),
  terraform: (dashboard_name, document) => ({
    type: 'aws_cloudwatch_dashboard',
    body: { dashboard_name, dashboard_body: JSON.stringify(document) },
  }),
};

/** The console of each partition. Source: the endpoints of the AWS Management Console. */
const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** The address of a dashboard in the console. */
export function dashboardLink(name: string, region: string): string {
  const console = CONSOLES[partitionOf(region).name] ?? 'console.aws.amazon.com';
  return `https://${region}.${console}/cloudwatch/home?region=${region}#dashboards/dashboard/${encodeURIComponent(name)}`;
}

function findings(
  severity: Finding['severity'],
  messages: readonly { dataPath: string; message: string }[],
): Finding[] {
  return messages.map(({ dataPath, message }) => ({ severity, path: dataPath, message }));
}

/** The heading of the first text, else how many widgets there are. */
function headingOf({ widgets }: Json): string {
  const list: unknown[] = Array.isArray(widgets) ? widgets : [];
  for (const widget of list) {
    const heading = /"markdown":"#+ ([^"\\]+)/.exec(JSON.stringify(widget) ?? '')?.[1];
    if (heading !== undefined) return `${heading}, ${list.length} widgets`;
  }
  return `${list.length} widgets`;
}
