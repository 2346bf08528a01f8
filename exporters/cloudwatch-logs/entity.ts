import { entityOf as metricEntityOf } from '../cloudwatch-metrics/entity.js';

/** The entity that CloudWatch links a log group's events to ("explore related"). */
export interface LogEntity {
  readonly keyAttributes: Record<string, string>;
  readonly attributes: Record<string, string>;
}

/** Characters of a value (PutLogEvents API reference, `Entity`): fewer than PutMetricData takes. */
export const MAX_VALUE = 512;

/** The same entity as that of the service's metrics, or CloudWatch would not link the two; undefined without a service name. */
export function entityOf(resource: Readonly<Record<string, unknown>>): LogEntity | undefined {
  const entity = metricEntityOf(resource);
  return entity && { keyAttributes: bounded(entity.KeyAttributes), attributes: bounded(entity.Attributes) };
}

function bounded(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.slice(0, MAX_VALUE)]));
}
