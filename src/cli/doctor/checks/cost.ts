import { describeEstimate } from '../../../../exporters/cloudwatch-metrics/cost.js';
import { describeExpectedCost, expectedCost } from '../../expected-cost.js';
import { type Check, info, pass, warning } from '../check.js';
import { unlessUsed } from '../context.js';
import { statusOf } from '../destination-status.js';

export const cost: Check = {
  id: 'MON-COST-001',
  title: 'What the metrics cost',
  about:
    'Of a running process its series and their price a month, else an estimate for a middling service with these settings. List prices of us-east-1.',
  troubles: [
    {
      cause: 'Many routes, peers or attributes: each combination is a series, about $0.30 a month.',
      remedy: 'MONITORING_METRIC_DIMENSIONS=lite, or sets of your own; MONITORING_MAX_SERIES is the cap.',
    },
    { cause: 'An interval of less than a minute: each export is billed.', remedy: 'OTEL_METRIC_EXPORT_INTERVAL=60000' },
  ],
  needs: [],
  reaches: 'offline',
  unless: unlessUsed('monitoring'),
  run({ running, configuration }) {
    const measured = running && statusOf(running, 'metrics').find((status) => status.cost !== undefined)?.cost;
    if (measured === undefined) return info(describeExpectedCost(expectedCost(configuration)));
    return info(`process ${running?.pid}: ${describeEstimate(measured)}`);
  },
};

export const seriesCap: Check = {
  id: 'MON-COST-002',
  title: 'The cap on series is not reached',
  about: 'Of the running process: how many series it has, how many it may have, and what went to overflow series.',
  troubles: [
    {
      cause:
        'More routes, peers or attribute values than MONITORING_MAX_SERIES allows: the later ones are published together. Totals stay right.',
      remedy: 'Raise MONITORING_MAX_SERIES, or leave attributes out by MONITORING_METRIC_DIMENSIONS.',
    },
  ],
  needs: [],
  reaches: 'offline',
  unless: ({ running }) => (running ? undefined : 'no running process was found'),
  run({ running }) {
    const series = running && statusOf(running, 'metrics').find((status) => status.series !== undefined)?.series;
    if (series === undefined) return info('metrics go where no series are counted');
    const says = `${series.active} of ${series.max} series`;
    if (series.overflowed === 0) return pass(says);
    return warning(`the cap is reached: ${series.overflowed} points went to overflow series`, {
      cause: `there are more combinations of attributes than MONITORING_MAX_SERIES (${series.max})`,
      evidence: [says],
      remedy: `MONITORING_MAX_SERIES=${series.max * 2}, or fewer dimensions: MONITORING_METRIC_DIMENSIONS=lite`,
    });
  },
};
