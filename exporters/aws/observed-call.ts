import { errorOf } from './answer-error.js';
import type { HttpAnswer } from './http-answer.js';

/** One request to AWS that has ended. */
export interface AwsCall {
  /** The operation or the path: `PutMetricData`, `v1/traces`. `HEAD` is a probe: it asks whether the host answers. */
  readonly operation: string;
  readonly method: string;
  readonly url: URL;
  /** Which attempt at sending the same batch it is, from 1; 1 where nobody counts. */
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Bytes of the body on the wire. */
  readonly bytes: number;
  /** Absent: no answer came. */
  readonly status?: number;
  /** AWS's id of the request. */
  readonly requestId?: string;
  /** `name` is the service's error code, or the network's. */
  readonly error?: { readonly name: string; readonly message: string };
}

/** Told of each request when it has ended. It must not throw. */
export type OnCall = (call: AwsCall) => void;

/** What the transport is given to send, as far as an observed call tells of it. */
interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reports what `exchange` does to `onCall`, and returns or throws what it does. */
export async function observed(
  sent: Sent,
  onCall: OnCall,
  exchange: () => Promise<HttpAnswer>,
  now: () => number = Date.now,
): Promise<HttpAnswer> {
  const { method, url, body } = sent;
  const operation = operationOf(sent);
  const startedAt = now();
  const began = performance.now();
  const common = { operation, method, url, attempt: nextAttempt(sent.signal, operation), startedAt };
  const bytes = body === undefined ? 0 : Buffer.byteLength(body);
  try {
    const answer = await exchange();
    const { status, headers } = answer;
    const requestId = headers['x-amzn-requestid'] ?? headers['x-amzn-request-id'];
    const error = method === 'HEAD' || status < 400 ? undefined : errorOf(answer);
    onCall({
      ...common,
      duration: performance.now() - began,
      bytes,
      status,
      ...(requestId !== undefined && { requestId }),
      ...(error !== undefined && { error: { name: error.name, message: error.message } }),
    });
    return answer;
  } catch (reason) {
    onCall({ ...common, duration: performance.now() - began, bytes, error: networkError(reason) });
    throw reason;
  }
}

/** AWS's JSON protocols name the operation in `x-amz-target`, the others in the path. */
function operationOf({ method, url, headers }: Sent): string {
  if (method === 'HEAD') return 'HEAD';
  return headers['x-amz-target']?.split('.').pop() ?? url.pathname.slice(1);
}

function networkError(reason: unknown): { name: string; message: string } {
  if (!(reason instanceof Error)) return { name: 'Error', message: String(reason) };
  return { name: 'code' in reason ? String(reason.code) : reason.name, message: reason.message };
}

interface Attempts {
  /** Attempts of earlier flights. */
  readonly before: number;
  /** Attempts of this flight, by operation: a batch may need more than one operation. */
  readonly made: Map<string, number>;
}

/** The attempts of each batch under way, by the signal that can abort the batch. */
const attempts = new WeakMap<AbortSignal, Attempts>();

/** The queue begins to send a batch that it has already tried to send `before` times. */
export function noteAttempts(signal: AbortSignal, before: number): void {
  attempts.set(signal, { before, made: new Map() });
}

function nextAttempt(signal: AbortSignal | undefined, operation: string): number {
  const known = signal && attempts.get(signal);
  if (known === undefined) return 1;
  const attempt = (known.made.get(operation) ?? known.before) + 1;
  known.made.set(operation, attempt);
  return attempt;
}
