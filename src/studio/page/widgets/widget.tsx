import type { AlarmView, WidgetView } from '../../dashboards/dashboard.js';
import { figure } from '../format.js';
import { Markdown } from '../markdown.js';
import { Badge, Spark } from '../parts.js';
import type { Frame } from './frame.js';
import { LogWidget } from './log.js';
import { MetricWidget } from './metric.js';

export function Widget({ widget: { title, content }, span, height }: Frame & { readonly widget: WidgetView }) {
  switch (content.kind) {
    case 'metric':
      return <MetricWidget title={title} content={content} span={span} height={height} />;
    case 'text':
      return <Markdown text={content.markdown} />;
    case 'log':
      return <LogWidget title={title} content={content} span={span} height={height} />;
    case 'alarm':
      return <Alarms alarms={content.alarms} />;
    default:
      return <p class="notice warn">{content.text}</p>;
  }
}

const TONES = { OK: 'good', ALARM: 'bad', INSUFFICIENT_DATA: 'plain' } as const;
const WORDS = { OK: 'OK', ALARM: 'in alarm', INSUFFICIENT_DATA: 'no data' } as const;

function Alarms({ alarms }: { readonly alarms: readonly AlarmView[] }) {
  return (
    <ul class="alarms">
      {alarms.map((alarm) => (
        <li key={alarm.name}>
          <Badge tone={TONES[alarm.state]}>{WORDS[alarm.state]}</Badge>
          <span>
            <b>{alarm.name}</b> <span class="muted">{alarm.description}</span>
            <br />
            <span class="muted">
              {alarm.reason}
              {alarm.threshold !== null && `; threshold ${figure(alarm.threshold)}`}
            </span>
          </span>
          {alarm.values.length > 1 && (
            <Spark
              values={alarm.values.map((value) => value ?? 0)}
              label={`the last ${alarm.values.length} periods of ${alarm.name}`}
            />
          )}
        </li>
      ))}
    </ul>
  );
}
