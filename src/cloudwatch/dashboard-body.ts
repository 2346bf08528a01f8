/** The rules of a dashboard body: CloudWatch API reference, "Dashboard Body Structure and Syntax". */

import { ExpressionError, namesIn, parseExpression } from './expression-syntax.js';
import { parseStatistic } from './statistic.js';

export interface BodyMessage {
  /** `/widgets/0/properties/metrics/0` */
  readonly dataPath: string;
  readonly message: string;
}

export interface BodyVerdict {
  /** Any: the dashboard is refused. */
  readonly errors: readonly BodyMessage[];
  /** The dashboard is kept but may not render. */
  readonly warnings: readonly BodyMessage[];
}

export const MAX_WIDGETS = 500;
export const MAX_METRICS_PER_WIDGET = 500;
export const MAX_METRICS_PER_DASHBOARD = 2500;
export const MAX_VARIABLES = 25;
const MAX_VARIABLE_VALUES = 500;
/** CloudWatch API reference, "Dimension": a metric has at most so many. */
export const MAX_DIMENSIONS = 30;
const ALARM_ARN = /^arn:[\w-]+:cloudwatch:[\w-]+:\d{12}:alarm:.+$/;
const GRID_WIDTH = 24;
const MAX_HEIGHT = 1000;

const WIDGET_TYPES = ['metric', 'text', 'log', 'alarm', 'explorer', 'chart'];
const VIEWS: Readonly<Record<string, readonly string[]>> = {
  metric: ['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table'],
  log: ['table', 'timeSeries', 'bar', 'pie'],
};

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function validateDashboardBody(text: string): BodyVerdict {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { errors: [{ dataPath: '', message: 'The field DashboardBody must be a valid JSON object' }], warnings: [] };
  }
  const check = new Check();
  check.body(body);
  return { errors: check.errors, warnings: check.warnings };
}

class Check {
  readonly errors: BodyMessage[] = [];
  readonly warnings: BodyMessage[] = [];
  #metrics = 0;

  body(body: unknown): void {
    if (!isObject(body)) {
      this.#error('', 'Should be object');
      return;
    }
    if (!Array.isArray(body.widgets)) {
      this.#error('', "Should have required property 'widgets'");
      return;
    }
    this.#atMost(body.widgets, MAX_WIDGETS, '/widgets');
    this.#range(body);
    this.#oneOf(body.periodOverride, ['auto', 'inherit'], '/periodOverride');
    if (body.variables !== undefined) this.#variables(body.variables);
    for (const [index, widget] of body.widgets.entries()) this.#widget(widget, `/widgets/${index}`);
    if (this.#metrics > MAX_METRICS_PER_DASHBOARD) {
      this.#error('/widgets', `Should NOT have more than ${MAX_METRICS_PER_DASHBOARD} metrics`);
    }
  }

  #error(dataPath: string, message: string): void {
    this.errors.push({ dataPath, message });
  }

  #range(body: Json): void {
    if (body.end !== undefined && body.start === undefined) this.#error('', "Should have required property 'start'");
    for (const name of ['start', 'end'] as const) {
      const value = body[name];
      if (value !== undefined && typeof value !== 'string') this.#error(`/${name}`, 'Should be string');
    }
  }

  #variables(variables: unknown): void {
    if (!Array.isArray(variables)) {
      this.#error('/variables', 'Should be array');
      return;
    }
    this.#atMost(variables, MAX_VARIABLES, '/variables');
    for (const [index, variable] of variables.entries()) this.#variable(variable, `/variables/${index}`);
  }

  #variable(variable: unknown, path: string): void {
    if (!isObject(variable)) {
      this.#error(path, 'Should be object');
      return;
    }
    this.#oneOf(variable.type, ['property', 'pattern'], `${path}/type`, true);
    this.#oneOf(variable.inputType, ['input', 'select', 'radio'], `${path}/inputType`, true);
    if (variable.type === 'property') this.#string(variable.property, `${path}/property`);
    if (variable.type === 'pattern') this.#string(variable.pattern, `${path}/pattern`);
    this.#string(variable.id, `${path}/id`, 32);
    if (variable.label !== undefined) this.#string(variable.label, `${path}/label`, 30);
    if (variable.search !== undefined) {
      this.#string(variable.search, `${path}/search`, 2048);
      this.#string(variable.populateFrom, `${path}/populateFrom`);
    }
    if (variable.values !== undefined) this.#values(variable.values, `${path}/values`);
  }

  #values(values: unknown, path: string): void {
    if (!Array.isArray(values)) {
      this.#error(path, 'Should be array');
      return;
    }
    if (values.length === 0) this.#error(path, 'Should NOT have fewer than 1 items');
    this.#atMost(values, MAX_VARIABLE_VALUES, path);
  }

  #widget(widget: unknown, path: string): void {
    if (!isObject(widget)) {
      this.#error(path, 'Should be object');
      return;
    }
    this.#position(widget, path);
    this.#oneOf(widget.type, WIDGET_TYPES, `${path}/type`, true);
    if (!isObject(widget.properties)) {
      this.#error(path, "Should have required property 'properties'");
      return;
    }
    this.#properties(widget.type, widget.properties, `${path}/properties`);
  }

  #position(widget: Json, path: string): void {
    this.#integer(widget.x, 0, GRID_WIDTH - 1, `${path}/x`);
    this.#integer(widget.y, 0, Number.MAX_SAFE_INTEGER, `${path}/y`);
    this.#integer(widget.width, 1, GRID_WIDTH, `${path}/width`);
    this.#integer(widget.height, 1, MAX_HEIGHT, `${path}/height`);
    if ((widget.x === undefined) !== (widget.y === undefined)) {
      this.#error(path, `Should have required property '${widget.x === undefined ? 'x' : 'y'}'`);
    }
  }

  #properties(type: unknown, properties: Json, path: string): void {
    if (type === 'text') this.#string(properties.markdown, `${path}/markdown`);
    if (type === 'alarm') {
      if (Array.isArray(properties.alarms)) this.#alarms(properties.alarms, `${path}/alarms`);
      else this.#error(path, "Should have required property 'alarms'");
    }
    if (type === 'log') {
      this.#string(properties.query, `${path}/query`);
      this.#string(properties.region, `${path}/region`);
    }
    if (type === 'metric') this.#metricWidget(properties, path);
    if (type === 'metric' || type === 'log') this.#oneOf(properties.view, VIEWS[type] ?? [], `${path}/view`);
  }

  /** By ARN: a name would be one of any account and region. */
  #alarms(alarms: readonly unknown[], path: string): void {
    for (const [index, alarm] of alarms.entries()) {
      if (typeof alarm === 'string' && ALARM_ARN.test(alarm)) continue;
      this.#error(
        `${path}/${index}`,
        'Should be the ARN of an alarm: arn:aws:cloudwatch:<region>:<account>:alarm:<name>',
      );
    }
  }

  #metricWidget(properties: Json, path: string): void {
    const annotated = isObject(properties.annotations) ? properties.annotations.alarms : undefined;
    const alarms = Array.isArray(annotated);
    if (alarms) this.#alarms(annotated, `${path}/annotations/alarms`);
    if (properties.metrics === undefined && !alarms) {
      this.#error(path, "Should have required property 'metrics'");
    }
    if (properties.metrics !== undefined && alarms) {
      this.#error(path, 'Should NOT have both metrics and alarm annotations');
    }
    if (!alarms && typeof properties.region !== 'string') {
      this.#error(path, 'The metric widget should have specified a region and a data source or an alarm annotation');
    }
    this.#period(properties.period, `${path}/period`);
    this.#statistic(properties.stat, `${path}/stat`);
    if (properties.view === 'gauge') this.#gauge(properties, path);
    if (properties.metrics !== undefined) this.#rows(properties.metrics, `${path}/metrics`);
  }

  #gauge(properties: Json, path: string): void {
    const left = isObject(properties.yAxis) && isObject(properties.yAxis.left) ? properties.yAxis.left : {};
    for (const bound of ['min', 'max']) {
      if (typeof left[bound] !== 'number')
        this.#error(`${path}/yAxis/left`, `Should have required property '${bound}'`);
    }
  }

  #rows(rows: unknown, path: string): void {
    if (!Array.isArray(rows)) {
      this.#error(path, 'Should be array');
      return;
    }
    this.#atMost(rows, MAX_METRICS_PER_WIDGET, path);
    this.#metrics += rows.length;
    for (const [index, row] of rows.entries()) this.#row(row, `${path}/${index}`);
    this.#calculations(rows, path);
  }

  /** Ids name one row each, and an expression names no row that is not there. */
  #calculations(rows: readonly unknown[], path: string): void {
    const options = rows.map((row) => (Array.isArray(row) && isObject(row.at(-1)) ? (row.at(-1) as Json) : undefined));
    const ids = new Set<string>();
    for (const [index, row] of options.entries()) {
      if (typeof row?.id !== 'string') continue;
      if (ids.has(row.id)) this.#error(`${path}/${index}/id`, `The id ${row.id} is not unique in the widget`);
      ids.add(row.id);
    }
    for (const [index, row] of options.entries()) {
      if (typeof row?.expression === 'string') this.#terms(row.expression, ids, `${path}/${index}/0/expression`);
    }
  }

  #terms(expression: string, ids: ReadonlySet<string>, path: string): void {
    try {
      for (const name of namesIn(parseExpression(expression))) {
        if (!ids.has(name)) this.#error(path, `Error in expression: no row of the widget has the id ${name}`);
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      // CloudWatch knows expressions that are not evaluated here, such as Metrics Insights.
      this.warnings.push({ dataPath: path, message: `This expression is not understood here: ${error.message}` });
    }
  }

  #statistic(value: unknown, path: string): void {
    if (value === undefined) return;
    if (typeof value === 'string' && parseStatistic(value) !== undefined) return;
    this.#error(path, `${String(value)} is not a statistic`);
  }

  /** `[namespace, name, dimension, value, …, options?]` or `[{ expression, … }]`. */
  #row(row: unknown, path: string): void {
    if (!Array.isArray(row)) {
      this.#error(path, 'Should be array');
      return;
    }
    if (row.length === 0) {
      this.#error(path, 'Should NOT have fewer than 1 items');
      return;
    }
    const options = isObject(row.at(-1)) ? row.at(-1) : undefined;
    const fields = options === undefined ? row : row.slice(0, -1);
    if (fields.length === 0) {
      this.#expression(options, path);
      return;
    }
    for (const [index, field] of fields.entries()) {
      if (isObject(field)) this.#error(path, 'Should NOT have more than 2 items');
      else if (typeof field !== 'string') {
        this.#error(`${path}/${index}`, "Invalid metric field type, only 'String' type is allowed");
      }
    }
    if (fields.length % 2 === 1 && !fields.includes('...')) {
      this.#error(path, 'Should have a value for each dimension name');
    }
    // Namespace and name come before the dimensions; '...' stands for those of the row before.
    if (fields.length - 2 > 2 * MAX_DIMENSIONS) {
      this.#error(path, `Should NOT have more than ${MAX_DIMENSIONS} dimensions`);
    }
    if (isObject(options)) this.#rowOptions(options, path);
  }

  #expression(options: unknown, path: string): void {
    if (!isObject(options)) return;
    this.#string(options.expression, `${path}/0/expression`);
    this.#rowOptions(options, path);
  }

  #rowOptions(options: Json, path: string): void {
    if (options.id !== undefined && !/^[a-z][a-zA-Z0-9_]*$/.test(String(options.id))) {
      this.#error(`${path}/id`, 'Should match pattern "^[a-z][a-zA-Z0-9_]*$"');
    }
    if (options.color !== undefined && !/^#[0-9a-f]{6}$/i.test(String(options.color))) {
      this.warnings.push({ dataPath: `${path}/color`, message: 'Should match pattern "^#[0-9a-fA-F]{6}$"' });
    }
    this.#statistic(options.stat, `${path}/stat`);
    this.#oneOf(options.yAxis, ['left', 'right'], `${path}/yAxis`);
    this.#period(options.period, `${path}/period`);
  }

  #period(period: unknown, path: string): void {
    if (period === undefined) return;
    const fine =
      typeof period === 'number' && ([1, 5, 10, 20, 30].includes(period) || (period > 0 && period % 60 === 0));
    if (!fine) this.#error(path, 'Should be 1, 5, 10, 20, 30 or a multiple of 60');
  }

  #string(value: unknown, path: string, maxLength = Number.POSITIVE_INFINITY): void {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (value === undefined) {
      this.#error(path.slice(0, path.lastIndexOf('/')), `Should have required property '${name}'`);
      return;
    }
    if (typeof value !== 'string') this.#error(path, 'Should be string');
    else if (value.length > maxLength) this.#error(path, `Should NOT be longer than ${maxLength} characters`);
  }

  #integer(value: unknown, least: number, most: number, path: string): void {
    if (value === undefined) return;
    if (!Number.isInteger(value)) {
      this.#error(path, 'Should be integer');
      return;
    }
    if (Number(value) < least) this.#error(path, `Should be >= ${least}`);
    if (Number(value) > most) this.#error(path, `Should be <= ${most}`);
  }

  #oneOf(value: unknown, allowed: readonly string[], path: string, required = false): void {
    if (value === undefined && !required) return;
    if (typeof value === 'string' && allowed.includes(value)) return;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (value !== undefined) this.#error(path, `Should be equal to one of the allowed values: ${allowed.join(', ')}`);
    else this.#error(path.slice(0, path.lastIndexOf('/')), `Should have required property '${name}'`);
  }

  #atMost(list: readonly unknown[], most: number, path: string): void {
    if (list.length > most) this.#error(path, `Should NOT have more than ${most} items`);
  }
}
