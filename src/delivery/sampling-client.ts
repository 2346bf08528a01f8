import { randomBytes } from 'node:crypto';
import { type Attributes, context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { errorOf } from '../../exporters/aws/answer-error.js';
import { type AwsOptions, REQUEST_TIMEOUT } from '../../exporters/aws/client-options.js';
import { type Clock, systemClock } from '../../exporters/aws/clock.js';
import { serviceUrl } from '../../exporters/aws/endpoints.js';
import { type HttpAnswer, HttpTransport } from '../../exporters/aws/http-transport.js';
import { isSuccess, SignedClient } from '../../exporters/aws/signed-client.js';
import type { Configuration } from '../config/configuration.js';
import type { SamplingRule, SamplingSource } from '../tracing/sampling-rule.js';
import { readRules, readTargets, writeStatistics } from './sampling-answers.js';

/** An account has 25 rules unless its quota was raised; this is some pages of them. Bytes. */
const MAX_ANSWER_BYTES = 4_000_000;
/** Pages of rules that are read; a service that never ends is not asked on. */
const MAX_PAGES = 50;
const RULES_PATH = '/GetSamplingRules';
const TARGETS_PATH = '/SamplingTargets';

type Post = (path: string, body: unknown) => Promise<HttpAnswer>;

/** Asks X-Ray itself, signed, or the proxy that the settings name, which signs. */
export function createSamplingClient(
  { aws, traces }: Configuration,
  resource: Attributes,
  region: string | undefined,
  clock: Clock = systemClock,
): SamplingSource {
  const { endpoint: proxy } = traces.sampler;
  const { profile, useFips, useDualStack } = aws;
  const endpoint = aws.endpoints.xray;
  const options: AwsOptions = {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined ? { endpoint, region: region ?? 'us-east-1' } : { useFips, useDualStack }),
  };
  return new SamplingClient(proxy === undefined ? signed(options, clock) : unsigned(proxy), clock, arnOf(resource));
}

class SamplingClient implements SamplingSource {
  readonly #post: Post;
  readonly #clock: Clock;
  readonly #resourceArn: string | undefined;
  readonly #clientId = randomBytes(12).toString('hex');

  constructor(post: Post, clock: Clock, resourceArn: string | undefined) {
    this.#post = post;
    this.#clock = clock;
    this.#resourceArn = resourceArn;
  }

  async rules() {
    const rules: SamplingRule[] = [];
    let readAt: number | undefined;
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await this.#post(RULES_PATH, token === undefined ? {} : { NextToken: token });
      // The first page's: a change between two pages must not go unnoticed.
      readAt ??= this.#timeOf(answer);
      const { rules: more, nextToken } = readRules(jsonOf(answer));
      rules.push(...more);
      token = nextToken;
      if (token === undefined) break;
    }
    const readAtOrNow = readAt ?? this.#clock.now();
    return { rules, readAt: readAtOrNow, ...(this.#resourceArn !== undefined && { resourceArn: this.#resourceArn }) };
  }

  async targets(statistics: Parameters<SamplingSource['targets']>[0]) {
    const answer = await this.#post(TARGETS_PATH, writeStatistics(statistics, this.#clientId, this.#clock.now()));
    return readTargets(jsonOf(answer), this.#timeOf(answer));
  }

  /** By the service's clock, so that ours may be off: its times are compared with its times. */
  #timeOf({ headers }: HttpAnswer): number {
    const date = Date.parse(headers.date ?? '');
    return Number.isNaN(date) ? this.#clock.now() : date;
  }
}

function signed(aws: AwsOptions, clock: Clock): Post {
  let client: SignedClient | undefined;
  return (path, body) => {
    client ??= new SignedClient({ service: 'xray', aws, clock, maxAnswerBytes: MAX_ANSWER_BYTES, hold: false });
    return untraced(client.post.bind(client, path, HEADERS, bytesOf(body), AbortSignal.timeout(REQUEST_TIMEOUT)));
  };
}

function unsigned(endpoint: string): Post {
  const transport = new HttpTransport({ maxAnswerBytes: MAX_ANSWER_BYTES, hold: false });
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

/** Of a container; a Lambda function's is known with each of its calls. */
function arnOf(resource: Attributes): string | undefined {
  const arn = resource['aws.ecs.container.arn'] ?? resource['cloud.resource_id'];
  return typeof arn === 'string' ? arn : undefined;
}
