import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** The parts of OTLP that are counted. This endpoint shares no code with the exporters or the local endpoint. */
const TraceRequest = protobuf
  .parse(`
  syntax = "proto3";
  message Span { bytes trace_id = 1; bytes span_id = 2; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; }
  message ScopeSpans { repeated Span spans = 2; }
  message ResourceSpans { repeated ScopeSpans scope_spans = 2; }
  message TraceRequest { repeated ResourceSpans resource_spans = 1; }
`)
  .root.lookupType('TraceRequest');

export type Kind = 'metrics' | 'traces' | 'logs' | 'probe';

/**
 * - `take`: takes the request and answers 200.
 * - `hang`: takes nothing and never answers.
 * - `take and reset`: takes the request, and breaks the connection instead of an answer.
 * - a number: answers with that status.
 */
export type Behaviour = 'take' | 'hang' | 'take and reset' | number;

interface Datum {
  MetricName: string;
  Timestamp: number;
  Dimensions?: { Name: string }[];
  Counts?: number[];
  Values?: number[];
  StatisticValues?: { SampleCount: number };
}

/** An endpoint for all signals that behaves as told and counts what it has taken. */
export class HostileEndpoint {
  /** Of `http.server.request.duration` of the service. */
  requests = 0;
  /** How often each span was taken, by id. */
  readonly spans = new Map<string, number>();
  readonly calls: Record<Kind, number> = { metrics: 0, traces: 0, logs: 0, probe: 0 };
  /** Of datums, and of the ends of spans, epoch milliseconds. */
  readonly timestamps: number[] = [];
  /** Milliseconds that its clock is ahead of this host's; signatures by another clock are refused. */
  clockOffset = 0;
  behave: (kind: Kind, call: number) => Behaviour = () => 'take';
  private readonly server = http.createServer((request, response) => void this.serve(request, response));

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const kind = kindOf(request);
    this.calls[kind] += 1;
    response.setHeader('date', new Date(this.now()).toUTCString());
    if (kind !== 'probe' && Math.abs(signedAt(request) - this.now()) > ALLOWED_SKEW) {
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      const message = 'Signature expired: it is by another clock';
      response.writeHead(403).end(JSON.stringify({ __type: 'InvalidSignatureException', message }));
      return;
    }
    const behaviour = this.behave(kind, this.calls[kind]);
    if (behaviour === 'hang') return;
    if (typeof behaviour === 'number') {
      response.writeHead(behaviour).end();
      return;
    }
    const sent = Buffer.concat(chunks);
    this.take(kind, request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent);
    if (behaviour === 'take and reset') request.socket.destroy();
    else if (kind === 'traces') response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    else response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  }

  now(): number {
    return Date.now() + this.clockOffset;
  }

  private take(kind: Kind, body: Buffer): void {
    if (kind === 'metrics') this.takeMetrics(body);
    if (kind === 'traces') this.takeSpans(body);
  }

  private takeMetrics(body: Buffer): void {
    const { MetricData = [], EntityMetricData = [] }: Record<string, unknown[]> = JSON.parse(body.toString('utf8'));
    const ofEntities = (EntityMetricData as { MetricData: Datum[] }[]).flatMap((entity) => entity.MetricData);
    for (const datum of [...(MetricData as Datum[]), ...ofEntities]) {
      this.timestamps.push(datum.Timestamp * 1000);
      const isOfRoute = datum.Dimensions?.some(({ Name }) => Name === 'http.route');
      if (datum.MetricName !== 'http.server.request.duration' || isOfRoute) continue;
      this.requests += datum.StatisticValues?.SampleCount ?? datum.Counts?.reduce((sum, count) => sum + count, 0) ?? 0;
    }
  }

  private takeSpans(body: Buffer): void {
    const { resourceSpans } = TraceRequest.toObject(TraceRequest.decode(body)) as {
      resourceSpans?: { scopeSpans: { spans: { spanId: Uint8Array; endTimeUnixNano: { toString(): string } }[] }[] }[];
    };
    for (const { spanId, endTimeUnixNano } of (resourceSpans ?? []).flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans),
    )) {
      const id = Buffer.from(spanId).toString('hex');
      this.spans.set(id, (this.spans.get(id) ?? 0) + 1);
      this.timestamps.push(Number(endTimeUnixNano.toString()) / 1e6);
    }
  }
}

/** Milliseconds. */
const ALLOWED_SKEW = 300_000;

function signedAt({ headers }: http.IncomingMessage): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'])) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function kindOf({ method, url, headers }: http.IncomingMessage): Kind {
  if (method === 'HEAD') return 'probe';
  if (url === '/v1/traces') return 'traces';
  return String(headers['x-amz-target']).startsWith('Logs_') ? 'logs' : 'metrics';
}
