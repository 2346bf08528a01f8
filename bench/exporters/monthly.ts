import { estimateCost } from '../../exporters/cloudwatch-metrics/cost.js';
import type { Collect } from './points.js';
import type { Received, Receiver } from './received.js';
import type { Subject } from './subjects.js';

/** Of one process that exports once a minute. Dollars at the list prices of us-east-1, without the free tier. */
export interface Monthly {
  readonly series: number;
  readonly requests: number;
  readonly megabytes: number;
  readonly seriesDollars: number;
  /** PutMetricData is paid by the request, EMF by what goes into the log; storage of the log is not in it. */
  readonly transportDollars: number;
}

const EXPORTS_PER_MONTH = 43_800;
const DOLLARS_PER_LOG_BYTE = 0.5 / 2 ** 30;

export async function measureMonth(subject: Subject, collect: Collect, receiver: Receiver): Promise<Monthly> {
  await subject.export(collect());
  const received = await receiver.take();
  const { series, requests, wire } = received;
  const { requestsPerMonth, requestDollars, seriesDollars } = estimateCost({ series, requestsPerExport: requests });
  return {
    series,
    requests: requestsPerMonth,
    megabytes: (wire * EXPORTS_PER_MONTH) / 1e6,
    seriesDollars,
    transportDollars: logDollars(received) ?? requestDollars,
  };
}

function logDollars({ billedLogBytes }: Received): number | undefined {
  return billedLogBytes === 0 ? undefined : billedLogBytes * EXPORTS_PER_MONTH * DOLLARS_PER_LOG_BYTE;
}
