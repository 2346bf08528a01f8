import { join } from 'node:path';
import type * as endpoint from '../../../src/studio/endpoint.js';
import { Application, ROOT, type RunOptions } from './process.js';

const { startStudio }: typeof endpoint = require(join(ROOT, 'dist/studio.cjs'));

export interface RouteReport {
  method: string;
  route: string;
  service: string;
  count: number;
  faults: number;
  source: string;
}

export interface ErrorEvent {
  eventName: string;
  severityText: string;
  body: string;
  traceId: string;
  xrayTraceId: string;
  attributes: {
    exception: { type: string; message: string; stacktrace: string };
    http?: { route?: string; request?: { method?: string } };
    url?: { path?: string };
    messaging?: { destination?: { name?: string } };
    monitoring?: { job?: { name?: string } };
  } & Record<string, unknown>;
}

export interface Span {
  name: string;
  traceId: string;
  attributes: Record<string, unknown>;
  events: { name: string }[];
  links: { traceId: string }[];
  resource?: Record<string, unknown>;
}

/** The local endpoint in this process, and the environment that sends an application's telemetry to it. */
export class LocalAws {
  private constructor(readonly studio: endpoint.Studio) {}

  static async start(options: endpoint.StudioOptions = {}): Promise<LocalAws> {
    return new LocalAws(await startStudio(options));
  }

  /** What sends an application's telemetry to an endpoint. Long intervals: what arrives was sent for a reason, not by a timer. */
  static settings(url: string): Record<string, string> {
    return {
      OTEL_SERVICE_NAME: 'shop',
      AWS_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: url,
      OTEL_METRIC_EXPORT_INTERVAL: '600000',
      // A test in which everything is sampled means everything.
      MONITORING_TRACE_BUDGET: 'none',
      // What a killed application leaves is for tests that ask for it.
      MONITORING_RUN_FOLDER: 'none',
    };
  }

  env(overrides: Record<string, string> = {}): Record<string, string> {
    return { ...LocalAws.settings(this.studio.url), ...overrides };
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(new URL(path, this.studio.url));
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Requests by `METHOD route`. */
  async requests(): Promise<Record<string, { count: number; faults: number }>> {
    const { requests } = await this.get<{ requests: RouteReport[] }>('/api/requests');
    return Object.fromEntries(
      requests.map(({ method, route, count, faults }) => [`${method} ${route}`, { count, faults }]),
    );
  }

  async errors(group = '/shop/errors'): Promise<ErrorEvent[]> {
    try {
      const path = `/api/logs?limit=5000&group=${encodeURIComponent(group)}`;
      const { events } = await this.get<{ events: { message: string }[] }>(path);
      return events.map(({ message }) => JSON.parse(message));
    } catch {
      return [];
    }
  }

  async spans(): Promise<Span[]> {
    return (await this.get<{ spans: Span[] }>('/api/spans?limit=5000')).spans;
  }

  async metricNames(): Promise<string[]> {
    const { metrics } = await this.get<{ metrics: { name: string }[] }>('/api/metrics?limit=5000');
    return [...new Set(metrics.map(({ name }) => name))].sort();
  }

  clear(): void {
    this.studio.store.clear();
    this.studio.faults.clear();
  }

  close(): Promise<void> {
    return this.studio.close();
  }
}

export interface Stage {
  readonly aws: LocalAws;
  /** Starts an application that is ended after the test, if it has not ended by then. */
  start(fixture: string, options?: RunOptions): Application;
}

/** A local endpoint for the tests of the `describe` that calls this, empty and without faults at the start of each. */
export function stage(): Stage {
  let aws: LocalAws | undefined;
  const started: Application[] = [];
  before(async () => {
    aws = await LocalAws.start();
  });
  afterEach(async () => {
    for (const app of started.splice(0)) await app.dispose();
    aws?.clear();
  });
  after(() => aws?.close());
  return {
    get aws() {
      if (!aws) throw new Error('the endpoint runs during tests only');
      return aws;
    },
    start(fixture, options) {
      const app = new Application(fixture, options);
      started.push(app);
      return app;
    },
  };
}
