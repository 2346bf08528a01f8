import { errorOf } from '../../../exporters/aws/answer-error.js';
import type { AwsCredentials } from '../../../exporters/aws/client-options.js';
import { VERSION } from '../../../exporters/aws/client-options.js';
import { classify, type FailureKind } from '../../../exporters/aws/errors.js';
import { HttpTransport } from '../../../exporters/aws/http-transport.js';
import { sign } from '../../../exporters/aws/signing.js';
import type { AwsService } from './services.js';

/** One call of an AWS action, and the answer as it came: what a diagnosis needs and an SDK's client hides. */
export interface AwsCall {
  readonly service: AwsService;
  /** `GetCallerIdentity`; of X-Ray's, whose actions are paths, `/GetSamplingRules`, and `/v1/traces` for OTLP. */
  readonly action: string;
  readonly input?: Readonly<Record<string, unknown>>;
  /** Of OTLP: the body in protobuf. */
  readonly bytes?: Uint8Array;
}

export interface AwsAnswer {
  readonly status: number;
  readonly requestId?: string;
  /** Epoch milliseconds: the `Date` of the answer. */
  readonly date?: number;
  /** Milliseconds from the request to the whole answer. */
  readonly duration: number;
  /** Parsed JSON; the text of anything else; undefined with an error. */
  readonly body?: unknown;
  readonly error?: AwsFailure;
}

export interface AwsFailure {
  /** `AccessDeniedException`. */
  readonly name: string;
  readonly message: string;
  readonly kind: FailureKind;
}

interface Wire {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Answers are read to this length; the longest asked for are lists of metrics. Bytes. */
const MAX_ANSWER_BYTES = 4_000_000;

export class AwsCaller {
  private readonly transport = new HttpTransport({ maxAnswerBytes: MAX_ANSWER_BYTES, mayRepeat: true });

  /** @throws the network's error, `AbortError` */
  async call(
    call: AwsCall,
    target: { readonly endpoint: URL; readonly region: string; readonly credentials: AwsCredentials },
    signal: AbortSignal,
  ): Promise<AwsAnswer> {
    const { path, headers, body } = wireOf(call);
    const url = new URL(target.endpoint);
    url.pathname = url.pathname.replace(/\/+$/, '') + path;
    const scope = { service: call.service, region: target.region };
    const unsigned = { ...headers, 'user-agent': `org-monitoring/${VERSION} doctor` };
    const signed = await sign({ method: 'POST', url, headers: unsigned, body }, scope, target.credentials, new Date());
    const began = performance.now();
    const answer = await this.transport.post(url, signed, body, signal);
    const duration = performance.now() - began;
    const requestId = answer.headers['x-amzn-requestid'];
    const date = Date.parse(answer.headers.date ?? '');
    const common = {
      status: answer.status,
      duration,
      ...(requestId && { requestId }),
      ...(Number.isFinite(date) && { date }),
    };
    if (answer.status >= 200 && answer.status < 300) return { ...common, body: parsed(answer.body.toString('utf8')) };
    const error = errorOf(answer);
    return { ...common, error: { name: error.name, message: error.message, kind: classify(error).kind } };
  }

  destroy(): void {
    this.transport.destroy();
  }
}

const JSON_TARGETS: Readonly<Partial<Record<AwsService, { target: string; version: string }>>> = {
  monitoring: { target: 'GraniteServiceVersion20100801', version: '1.0' },
  logs: { target: 'Logs_20140328', version: '1.1' },
  cloudtrail: { target: 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101', version: '1.1' },
};

function wireOf({ service, action, input = {}, bytes }: AwsCall): Wire {
  if (bytes !== undefined) return { path: action, headers: { 'content-type': 'application/x-protobuf' }, body: bytes };
  const json = Buffer.from(JSON.stringify(input));
  const target = JSON_TARGETS[service];
  if (target !== undefined) {
    const headers = {
      'content-type': `application/x-amz-json-${target.version}`,
      'x-amz-target': `${target.target}.${action}`,
    };
    return { path: '/', headers, body: json };
  }
  if (service === 'xray') return { path: action, headers: { 'content-type': 'application/json' }, body: json };
  const form = new URLSearchParams({ Action: action, Version: '2011-06-15' });
  return {
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  };
}

function parsed(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
