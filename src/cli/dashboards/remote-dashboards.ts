import type { DashboardValidationMessage } from '@aws-sdk/client-cloudwatch';
import { connectCloudWatch } from '../aws-client.js';
import type { Target } from '../target.js';
import type { Finding } from '../templates/finding.js';
import type { Json, Remote } from '../templates/kind.js';

/** Dashboards are global: whatever region is called, the account has one of each name. */
export async function connectDashboards(target: Target): Promise<Remote> {
  const { client, sdk } = await connectCloudWatch(target);
  return {
    async get(names) {
      const found = new Map<string, Json>();
      for (const DashboardName of names) {
        const answer = await client.send(new sdk.GetDashboardCommand({ DashboardName })).catch(unlessMissing);
        if (answer?.DashboardBody !== undefined) found.set(DashboardName, bodyOf(answer.DashboardBody));
      }
      return found;
    },
    async put(DashboardName, document) {
      const DashboardBody = JSON.stringify(document);
      const answer = await client.send(new sdk.PutDashboardCommand({ DashboardName, DashboardBody }));
      return (answer.DashboardValidationMessages ?? []).map((message) => findingOf('warning', message));
    },
    async delete(DashboardNames) {
      await client.send(new sdk.DeleteDashboardsCommand({ DashboardNames: [...DashboardNames] }));
    },
    async list(DashboardNamePrefix) {
      const names: string[] = [];
      let NextToken: string | undefined;
      do {
        const command = new sdk.ListDashboardsCommand({ DashboardNamePrefix, ...(NextToken && { NextToken }) });
        const page = await client.send(command);
        names.push(...(page.DashboardEntries ?? []).flatMap((entry) => entry.DashboardName ?? []));
        NextToken = page.NextToken;
      } while (NextToken);
      return names;
    },
    findingsOf(error) {
      if (!(error instanceof sdk.DashboardInvalidInputError)) return [];
      const messages = error.dashboardValidationMessages ?? [];
      const whole = { severity: 'error' as const, path: '', message: error.message };
      return messages.length > 0 ? messages.map((message) => findingOf('error', message)) : [whole];
    },
    close: () => client.destroy(),
  };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && /^(DashboardNotFoundError|ResourceNotFound)/.test(error.name)) return undefined;
  throw error;
}

/** A body that is no JSON object is somebody else's, whatever it is. */
function bodyOf(text: string): Json {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

const findingOf = (severity: Finding['severity'], { DataPath, Message }: DashboardValidationMessage): Finding => ({
  severity,
  path: DataPath ?? '',
  message: Message ?? '',
});
