import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { errorOf } from '../../../exporters/aws/answer-error.js';
import type { AwsOptions } from '../../../exporters/aws/client-options.js';
import { type Clock, systemClock } from '../../../exporters/aws/clock.js';
import { serviceUrl } from '../../../exporters/aws/endpoints.js';
import type { HttpAnswer } from '../../../exporters/aws/http-answer.js';
import { HttpTransport } from '../../../exporters/aws/http-transport.js';
import { REQUEST_TIMEOUT } from '../../../exporters/aws/request-limits.js';
import { isSuccess, SignedClient } from '../../../exporters/aws/signed-client.js';
import type { Configuration } from '../../config/configuration.js';
import type { AwsAccess } from './aws-access.js';

/** An account has 25 rules unless its quota was raised; this is some pages of them. Bytes. */
const MAX_ANSWER_BYTES = 4_000_000;
const TRANSPORT = { maxAnswerBytes: MAX_ANSWER_BYTES, hold: false, mayRepeat: true };

type Post = (path: string, body: unknown) => Promise<HttpAnswer>;

/** As `PostSampling` of tracing/sampling-client.ts has it. */
export type PostJson = (path: string, body: unknown) => Promise<{ json: unknown; time: number | undefined }>;

/** Posts to X-Ray itself, signed, or to the proxy that the settings name, which signs. */
export function createSamplingPost(
  { traces }: Configuration,
  access: Pick<AwsAccess, 'optionsFor'>,
  clock: Clock = systemClock,
): PostJson {
  const { endpoint: proxy } = traces.sampler;
  const post = proxy === undefined ? signed(access.optionsFor('xray'), clock) : unsigned(proxy);
  return async (path, body) => {
    const answer = await post(path, body);
    return { json: jsonOf(answer), time: timeOf(answer) };
  };
}

function signed(aws: AwsOptions, clock: Clock): Post {
  let client: SignedClient | undefined;
  return (path, body) => {
    client ??= new SignedClient({ service: 'xray', aws, clock, ...TRANSPORT });
    return untraced(client.post.bind(client, path, HEADERS, bytesOf(body), AbortSignal.timeout(REQUEST_TIMEOUT)));
  };
}

function unsigned(endpoint: string): Post {
  const transport = new HttpTransport(TRANSPORT);
  return async (path, body) => {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT);
    const post = () => transport.post(serviceUrl(endpoint, path), HEADERS, bytesOf(body), signal);
    const answer = await untraced(post);
    if (!isSuccess(answer)) throw errorOf(answer);
    return answer;
  };
}

const HEADERS = { 'content-type': 'application/json' };

/** Where no worker can be had, this runs in the application's thread, whose calls are traced. */
function untraced<T>(call: () => Promise<T>): Promise<T> {
  return context.with(suppressTracing(ROOT_CONTEXT), call);
}

function bytesOf(body: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}

function jsonOf({ body }: HttpAnswer): unknown {
  return JSON.parse(body.toString('utf8'));
}

/** By the service's clock, so that ours may be off: its times are compared with its times. */
function timeOf({ headers }: HttpAnswer): number | undefined {
  const date = Date.parse(headers.date ?? '');
  return Number.isNaN(date) ? undefined : date;
}
