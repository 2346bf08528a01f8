import type { RequestOptions } from 'node:http';
import { context, propagation } from '@opentelemetry/api';
import { isTracingSuppressed, unsuppressTracing } from '@opentelemetry/core';

const XRAY_HEADER = 'x-amzn-trace-id';
/** The AWS SDK for JavaScript v3 puts this on every call that it makes. */
const AWS_SDK_HEADER = 'amz-sdk-invocation-id';

export function isSuppressed(): boolean {
  return isTracingSuppressed(context.active());
}

/**
 * `ignoreOutgoingRequestHook` of the HTTP instrumentation. A suppressed call is left alone, except that one of the AWS
 * SDK, suppressed because its own span stands for it, still carries that span to the service. The header is not among
 * those that SigV4 signs, so that it may be added to a signed request.
 */
export function ignoreOutgoingRequest(request: RequestOptions): boolean {
  const active = context.active();
  if (!isTracingSuppressed(active)) return false;
  const headers = request.headers;
  if (!headers || Array.isArray(headers) || !(AWS_SDK_HEADER in headers) || XRAY_HEADER in headers) return true;
  const carrier: Record<string, string> = {};
  propagation.inject(unsuppressTracing(active), carrier);
  const trace = Object.entries(carrier).find(([name]) => name.toLowerCase() === XRAY_HEADER);
  if (trace) request.headers = { ...headers, [XRAY_HEADER]: trace[1] };
  return true;
}
