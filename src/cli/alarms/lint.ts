import { whyEmpty } from '../dashboards/lint.js';
import type { Emission } from '../emitted-metrics.js';
import type { Finding } from '../templates/finding.js';
import type { Json } from '../templates/kind.js';

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Which metrics of an alarm never have data from this application. */
export function lintAlarm(alarm: Json, emission: Emission): Finding[] {
  const queries = Array.isArray(alarm.Metrics) ? alarm.Metrics : [];
  const inMath = queries.flatMap((query, index): Finding[] => {
    const metric = isObject(query) && isObject(query.MetricStat) ? query.MetricStat.Metric : undefined;
    return isObject(metric) ? emptiness(metric, `/Metrics/${index}/MetricStat/Metric`, emission) : [];
  });
  return alarm.MetricName === undefined ? inMath : [...inMath, ...emptiness(alarm, '/MetricName', emission)];
}

function emptiness({ Namespace, MetricName, Dimensions }: Json, path: string, emission: Emission): Finding[] {
  const list = Array.isArray(Dimensions) ? Dimensions.filter(isObject) : [];
  const reason = whyEmpty(
    {
      namespace: String(Namespace),
      metrics: [String(MetricName)],
      dimensions: list.map(({ Name }) => String(Name)),
      values: Object.fromEntries(list.map(({ Name, Value }) => [String(Name), [String(Value)]])),
    },
    emission,
  );
  return reason === undefined ? [] : [{ severity: 'warning', path, message: `never has data: ${reason}` }];
}
