import { useState } from 'preact/hooks';
import type { DashboardView, WidgetView } from '../../dashboards/dashboard.js';
import type { Variable } from '../../dashboards/variables.js';
import type { DashboardEntry } from '../../views/dashboards.js';
import { moveAmongLinks } from '../list-keys.js';
import { useView } from '../live.js';
import { addressOf, type Place, refine } from '../location.js';
import { Badge, Empty, Panel, WhenLoaded } from '../parts.js';
import { Widget } from '../widgets/widget.js';

const KINDS = ['datums', 'points', 'events', 'dashboards', 'alarms'];

export function DashboardsPage({ place }: { readonly place: Place }) {
  return place.id === undefined ? <List /> : <Dashboard name={place.id} place={place} />;
}

function List() {
  const list = useView<{ readonly dashboards: readonly DashboardEntry[] }>('/api/dashboards', ['dashboards']);
  return (
    <WhenLoaded of={list}>
      {({ dashboards }) =>
        dashboards.length === 0 ? (
          <Empty>
            <h2>No dashboards</h2>
            <p>Put one with PutDashboard, or start with a folder of bodies:</p>
            <pre>monitoring dev --dashboards ./dashboards -- node app.js</pre>
          </Empty>
        ) : (
          <>
            <p class="muted intro">
              CloudWatch's own dashboard bodies, drawn from what has arrived here. What looks right is deployed
              unchanged.
            </p>
            <ul class="dashboard-list" data-list onKeyDown={moveAmongLinks}>
              {dashboards.map(({ name, title, from, widgets, errors }) => (
                <li key={name}>
                  <a href={addressOf('dashboards', name)}>
                    <b>{title}</b>{' '}
                    {errors > 0 && <Badge tone="bad">{errors === 1 ? '1 error' : `${errors} errors`}</Badge>}
                    <span class="muted">
                      {name}, {widgets} widgets
                    </span>
                    <span class="muted from">{from}</span>
                  </a>
                </li>
              ))}
            </ul>
          </>
        )
      }
    </WhenLoaded>
  );
}

function Dashboard({ name, place }: { readonly name: string; readonly place: Place }) {
  const asCloudWatch = place.query.get('period') === 'cloudwatch';
  const variables = [...place.query].filter(([key]) => key.startsWith('var.'));
  const query = new URLSearchParams([...variables, ['live', String(!asCloudWatch)]]);
  const dashboard = useView<DashboardView>(`/api/dashboards/${encodeURIComponent(name)}?${query}`, KINDS);
  return (
    <>
      <div class="filters dashboard-head">
        <a href={addressOf('dashboards')}>← all dashboards</a>
        {dashboard.data !== undefined && <Variables variables={dashboard.data.variables} place={place} />}
        <span class="spacer" />
        <span class="segmented" role="group" aria-label="how values are drawn">
          <button
            type="button"
            aria-pressed={!asCloudWatch}
            title="each value is that of the period that ends there, and moves on with every export"
            onClick={() => refine(place, { period: undefined })}
          >
            live
          </button>
          <button
            type="button"
            aria-pressed={asCloudWatch}
            title="one value a period, as in the console"
            onClick={() => refine(place, { period: 'cloudwatch' })}
          >
            as in CloudWatch
          </button>
        </span>
      </div>
      <WhenLoaded of={dashboard}>{(data) => <Grid dashboard={data} />}</WhenLoaded>
    </>
  );
}

function Variables({ variables, place }: { readonly variables: readonly Variable[]; readonly place: Place }) {
  return (
    <>
      {variables
        .filter(({ visible }) => visible)
        .map((variable) => (
          <label key={variable.id} for={`variable-${variable.id}`}>
            <span class="muted">{variable.label}</span>
            <VariableInput variable={variable} onChoose={(value) => refine(place, { [`var.${variable.id}`]: value })} />
          </label>
        ))}
    </>
  );
}

function VariableInput({
  variable,
  onChoose,
}: {
  readonly variable: Variable;
  readonly onChoose: (value: string) => void;
}) {
  const [typed, setTyped] = useState<string | undefined>();
  if (variable.inputType === 'input' || variable.options.length === 0) {
    return (
      <input
        type="text"
        id={`variable-${variable.id}`}
        class="variable"
        value={typed ?? variable.value}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onChange={(event) => onChoose(event.currentTarget.value)}
      />
    );
  }
  const known = variable.options.some(({ value }) => value === variable.value);
  return (
    <select
      id={`variable-${variable.id}`}
      value={variable.value}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      {!known && <option value={variable.value}>{variable.value}</option>}
      {variable.options.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

function Grid({ dashboard }: { readonly dashboard: DashboardView }) {
  return (
    <>
      {dashboard.errors.length > 0 && (
        <Panel title="PutDashboard would refuse this body">
          <ul>
            {dashboard.errors.slice(0, 20).map(({ dataPath, message }) => (
              <li key={`${dataPath} ${message}`} class="bad-text">
                <code>{dataPath || '/'}</code> {message}
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <div class="grid">
        {dashboard.widgets.map((widget, index) => (
          <Cell key={index} widget={widget} dashboard={dashboard} />
        ))}
      </div>
    </>
  );
}

/** CloudWatch's grid has 24 columns and rows of 50 pixels. */
const UNIT = 50;

function Cell({ widget, dashboard }: { readonly widget: WidgetView; readonly dashboard: DashboardView }) {
  const { x, y, width, height, title, content } = widget;
  const transparent = content.kind === 'text' && content.transparent;
  return (
    <section
      class={`widget ${content.kind}${transparent ? ' transparent' : ''}`}
      aria-label={title || content.kind}
      style={{ gridColumn: `${x + 1} / span ${width}`, gridRow: `${y + 1} / span ${height}`, '--rows': String(height) }}
    >
      {title !== '' && <h2>{title}</h2>}
      <Widget widget={widget} span={[dashboard.start, dashboard.end]} height={height * UNIT - 60} />
    </section>
  );
}
