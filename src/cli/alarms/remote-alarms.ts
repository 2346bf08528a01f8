import { setTimeout as pause } from 'node:timers/promises';
import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { connectCloudWatch } from '../aws-client.js';
import type { Target } from '../target.js';
import type { Json, Remote } from '../templates/kind.js';

/** PutMetricAlarm may be called three times a second (CloudWatch quotas): milliseconds between two calls. */
const PACE = 400;
/** Names that one DescribeAlarms or DeleteAlarms takes. */
const NAMES_PER_CALL = 100;

export async function connectAlarms(target: Target): Promise<Remote> {
  const { client, sdk } = await connectCloudWatch(target);
  let puts = 0;
  const describe = async (which: { AlarmNames: string[] } | { AlarmNamePrefix: string }): Promise<Json[]> => {
    const alarms: Json[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(new sdk.DescribeAlarmsCommand({ ...which, ...(NextToken && { NextToken }) }));
      alarms.push(...(page.MetricAlarms ?? []).map((alarm) => ({ ...alarm })));
      NextToken = page.NextToken;
    } while (NextToken);
    return alarms;
  };
  return {
    async get(names) {
      const found = new Map<string, Json>();
      for (const AlarmNames of chunks(names, NAMES_PER_CALL)) {
        for (const alarm of await describe({ AlarmNames })) found.set(String(alarm.AlarmName), alarm);
      }
      return found;
    },
    async put(_, document) {
      if (puts > 0) await pause(PACE);
      puts += 1;
      await client.send(new sdk.PutMetricAlarmCommand(document as unknown as PutMetricAlarmCommandInput));
      return [];
    },
    async delete(names) {
      for (const AlarmNames of chunks(names, NAMES_PER_CALL)) {
        await client.send(new sdk.DeleteAlarmsCommand({ AlarmNames }));
      }
    },
    list: async (AlarmNamePrefix) => (await describe({ AlarmNamePrefix })).map(({ AlarmName }) => String(AlarmName)),
    findingsOf: (error) =>
      error instanceof Error && /Validation|InvalidParameter|MissingParameter|MissingRequired/.test(error.name)
        ? [{ severity: 'error', path: '', message: error.message }]
        : [],
    close: () => client.destroy(),
  };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
