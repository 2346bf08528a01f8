import { validateDashboardBody } from '../../cloudwatch/dashboard-body.js';
import type { Input } from '../../cloudwatch/input.js';
import { AwsError } from '../aws-error.js';
import type { Dashboard, DocumentStore } from '../store/documents.js';
import { required } from './metric-queries.js';
import { paginate } from './pages.js';

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const PAGE = 1000;

const arn = (account: string, name: string): string => `arn:aws:cloudwatch::${account}:dashboard/${name}`;

const capitalised = (messages: readonly { dataPath: string; message: string }[]): Record<string, string>[] =>
  messages.map(({ dataPath, message }) => ({ DataPath: dataPath, Message: message }));

/** @throws AwsError DashboardInvalidInputError with every finding */
export function putDashboard(store: DocumentStore<Dashboard>, input: Input, now: number): Record<string, unknown> {
  const name = required(input, 'DashboardName');
  if (!NAME.test(name)) {
    throw refused(
      `The value ${name} for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).`,
    );
  }
  const body = required(input, 'DashboardBody');
  const { errors, warnings } = validateDashboardBody(body);
  if (errors.length > 0) {
    const count = errors.length === 1 ? 'is 1 validation error' : `are ${errors.length} validation errors`;
    throw refused(
      `The dashboard body is invalid, there ${count}:\n${JSON.stringify(errors, null, 2)}`,
      capitalised(errors),
    );
  }
  if (!store.put(name, { body, lastModified: now })) throw full();
  return { DashboardValidationMessages: capitalised(warnings) };
}

const refused = (message: string, messages: Record<string, string>[] = []): AwsError =>
  new AwsError('InvalidParameterInput', message, {
    shape: 'DashboardInvalidInputError',
    members: { dashboardValidationMessages: messages },
  });

export const full = (): AwsError =>
  new AwsError('LimitExceeded', 'The local endpoint has no room for more of these.', { shape: 'LimitExceededFault' });

const notFound = (name: string): AwsError =>
  new AwsError('ResourceNotFound', `Dashboard ${name} does not exist`, {
    status: 404,
    shape: 'DashboardNotFoundError',
  });

export function getDashboard(store: DocumentStore<Dashboard>, input: Input, account: string): Record<string, unknown> {
  const name = required(input, 'DashboardName');
  const dashboard = store.get(name);
  if (dashboard === undefined) throw notFound(name);
  return { DashboardArn: arn(account, name), DashboardBody: dashboard.body, DashboardName: name };
}

export function listDashboards(
  store: DocumentStore<Dashboard>,
  input: Input,
  account: string,
): Record<string, unknown> {
  const prefix = input.string('DashboardNamePrefix') ?? '';
  const found = store.list().filter(([name]) => name.startsWith(prefix));
  const { items, nextToken } = paginate(found, PAGE, input.string('NextToken'));
  return {
    DashboardEntries: items.map(([name, dashboard]) => ({
      DashboardName: name,
      DashboardArn: arn(account, name),
      LastModified: dashboard.lastModified / 1000,
      Size: Buffer.byteLength(dashboard.body),
    })),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

/** All or none: a name that does not exist deletes nothing. */
export function deleteDashboards(store: DocumentStore<Dashboard>, input: Input): Record<string, unknown> {
  const names = input.strings('DashboardNames') ?? [];
  const unknown = names.find((name) => store.get(name) === undefined);
  if (unknown !== undefined) throw notFound(unknown);
  for (const name of names) store.delete(name);
  return {};
}
