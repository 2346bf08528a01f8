import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import { AWSXRayIdGenerator } from '@opentelemetry/id-generator-aws-xray';
import { VERSION } from '../../../exporters/aws/client-options.js';
import type { AwsCall, OnCall } from '../../../exporters/aws/observed-call.js';
import type { AwsService } from '../../../exporters/aws/service-location.js';
import type { PlainSpan } from '../../wire/messages.js';
import { DELIVERIES_SCOPE } from '../../wire/scopes.js';

/** Names of services as instrumentations of the AWS SDK give them. */
const SERVICES: Readonly<Partial<Record<AwsService, string>>> = {
  monitoring: 'CloudWatch',
  logs: 'CloudWatch Logs',
  xray: 'XRay',
};

/** Spans that wait together at most. */
const MAX_WAITING = 512;

/**
 * Makes a span of each call to AWS, for `MONITORING_TRACE_DELIVERIES`. Each span is a trace of its own.
 *
 * The exporters that deliver these spans are not observed, so that the delivery of a span makes no further span.
 */
export class DeliveryTrace {
  readonly #ids = new AWSXRayIdGenerator();
  readonly #delay: number;
  #waiting: PlainSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #deliver: (spans: PlainSpan[]) => void = () => {};
  #onSpan: () => void = () => {};

  /** @param delay milliseconds that a span waits for others at most */
  constructor(delay: number) {
    this.#delay = delay;
  }

  /**
   * @param deliver takes spans that waited together
   * @param onSpan is told of each span when it is made
   */
  open(deliver: (spans: PlainSpan[]) => void, onSpan: () => void): void {
    this.#deliver = deliver;
    this.#onSpan = onSpan;
  }

  /** What the clients of a service tell their calls to. */
  readonly observer = (service: AwsService): OnCall => {
    const name = SERVICES[service] ?? service;
    return (call) => this.#add(this.#spanOf(name, call));
  };

  /** Hands over the spans that wait. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length > 0) this.#deliver(this.#waiting.splice(0));
  }

  #add(span: PlainSpan): void {
    this.#onSpan();
    this.#waiting.push(span);
    if (this.#waiting.length >= MAX_WAITING) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#delay).unref();
  }

  #spanOf(service: string, call: AwsCall): PlainSpan {
    return {
      name: `${service}.${call.operation}`,
      kind: SpanKind.CLIENT,
      context: {
        traceId: this.#ids.generateTraceId(),
        spanId: this.#ids.generateSpanId(),
        traceFlags: TraceFlags.SAMPLED,
      },
      startTime: millisToHrTime(call.startedAt),
      endTime: millisToHrTime(call.startedAt + call.duration),
      status:
        call.error === undefined
          ? { code: SpanStatusCode.UNSET }
          : { code: SpanStatusCode.ERROR, message: call.error.message },
      attributes: attributesOf(service, call),
      links: [],
      events: [],
      scope: { name: DELIVERIES_SCOPE, version: VERSION },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

function attributesOf(
  service: string,
  { operation, method, url, attempt, bytes, status, requestId, error }: AwsCall,
): PlainSpan['attributes'] {
  return {
    'rpc.system.name': 'aws-api',
    'rpc.method': `${service}/${operation}`,
    // As Application Signals names a call of AWS.
    'aws.remote.service': `AWS::${service.replaceAll(' ', '')}`,
    'aws.remote.operation': operation,
    'http.request.method': method,
    'http.request.body.size': bytes,
    'server.address': url.hostname,
    ...(url.port !== '' && { 'server.port': Number(url.port) }),
    ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(requestId !== undefined && { 'aws.request_id': requestId }),
    ...(error !== undefined && { 'error.type': error.name }),
  };
}
