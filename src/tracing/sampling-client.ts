import { randomBytes } from 'node:crypto';
import type { Attributes } from '@opentelemetry/api';
import type { SamplingRule, SamplingSource } from '../wire/sampling-rules.js';
import { readRules, readTargets, writeStatistics } from './sampling-answers.js';

/** Pages of rules that are read; a service that never ends is not asked on. */
const MAX_PAGES = 50;
const RULES_PATH = '/GetSamplingRules';
const TARGETS_PATH = '/SamplingTargets';

/** An answer of X-Ray's sampling API: its JSON, and the service's time of it. */
export interface SamplingAnswer {
  json: unknown;
  /** Epoch milliseconds by the service's clock; undefined where the answer does not tell. */
  time: number | undefined;
}

/** Posts a body as JSON to a path of the sampling API. Rejects with the reason when it was not taken. */
export type PostSampling = (path: string, body: unknown) => Promise<SamplingAnswer>;

/**
 * Asks X-Ray's sampling API by `post`.
 *
 * @param resourceArn what the service runs on
 * @param now epoch milliseconds
 */
export class SamplingClient implements SamplingSource {
  readonly #post: PostSampling;
  readonly #now: () => number;
  readonly #resourceArn: string | undefined;
  readonly #clientId = randomBytes(12).toString('hex');

  constructor(post: PostSampling, resourceArn: string | undefined, now: () => number) {
    this.#post = post;
    this.#now = now;
    this.#resourceArn = resourceArn;
  }

  async rules() {
    const rules: SamplingRule[] = [];
    let readAt: number | undefined;
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { json, time } = await this.#post(RULES_PATH, token === undefined ? {} : { NextToken: token });
      // The first page's: a change between two pages must not go unnoticed.
      readAt ??= time ?? this.#now();
      const { rules: more, nextToken } = readRules(json);
      rules.push(...more);
      token = nextToken;
      if (token === undefined) break;
    }
    const readAtOrNow = readAt ?? this.#now();
    return { rules, readAt: readAtOrNow, ...(this.#resourceArn !== undefined && { resourceArn: this.#resourceArn }) };
  }

  async targets(statistics: Parameters<SamplingSource['targets']>[0]) {
    const { json, time } = await this.#post(TARGETS_PATH, writeStatistics(statistics, this.#clientId, this.#now()));
    return readTargets(json, time ?? this.#now());
  }
}

/** Of a container; a Lambda function's is known with each of its calls. */
export function resourceArnOf(resource: Attributes): string | undefined {
  const arn = resource['aws.ecs.container.arn'] ?? resource['cloud.resource_id'];
  return typeof arn === 'string' ? arn : undefined;
}
