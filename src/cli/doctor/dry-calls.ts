import type { AwsCall } from '../aws/call.js';

/** CloudWatch takes two weeks. Milliseconds. */
const TOO_OLD = 30 * 86_400_000;

/** PutMetricData that passes everything but the rule on time. @param now epoch milliseconds */
export function metricsProbe(namespace: string, now: number): AwsCall {
  const datum = {
    MetricName: 'monitoring.doctor',
    Timestamp: Math.round((now - TOO_OLD) / 1000),
    Value: 1,
    Unit: 'Count',
  };
  return { service: 'monitoring', action: 'PutMetricData', input: { Namespace: namespace, MetricData: [datum] } };
}

/** An export request with no resource in it is no bytes at all. */
export function spansProbe(): AwsCall {
  return { service: 'xray', action: '/v1/traces', bytes: new Uint8Array() };
}
