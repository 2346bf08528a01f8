/** The call itself: the AWS client, loaded at the first one, and what the answer says about the entity. */

import type { CloudWatchClient, PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import type { AwsOptions } from '../aws/client-options.js';
import type { ClockSkew } from '../aws/clock-skew.js';
import type { Failure } from '../aws/errors.js';
import { classify } from '../aws/errors.js';
import { HttpTransport } from '../aws/http-transport.js';
import { type ClientConfiguration, openSdkClient } from '../aws/open-sdk-client.js';
import type { SdkClient } from '../aws/sdk-client.js';
import { noteWritten } from '../aws/unanswered.js';
import type { Datum } from './datum.js';
import type { Entity } from './entity.js';

/** Where the service reports that it took the data but not the entity; the SDK's output does not carry it. */
const FAILURE_HEADER = 'x-amzn-failure-message';

/** The position of a refused datum, from 1, in the list that the request has. */
const NAMED_DATUM = /(?<!Entity)MetricData\.member\.(\d+)/g;

/** Positions, from 0, of the datums that the error's message names. */
export function namedDatums({ message }: Failure): number[] {
  return Array.from(message.matchAll(NAMED_DATUM), (match) => Number(match[1]) - 1);
}

/** Whether the entity goes along: `untried` until a request with it was taken. */
export type EntityState = 'none' | 'untried' | 'accepted' | 'refused';

export interface PutMetricDataOptions extends AwsOptions {
  readonly skew: ClockSkew;
  readonly namespace: string;
  /** A client of the caller's, which then decides everything in {@link AwsOptions}, and is not destroyed here. */
  readonly client?: SdkClient;
  onEntityRefused(reason: string): void;
}

export class PutMetricData {
  readonly #options: PutMetricDataOptions;
  readonly #transport: HttpTransport;
  #own: Promise<CloudWatchClient> | undefined;
  #entityState: EntityState = 'untried';
  /** As {@link HttpTransport.probe}. */
  readonly probe: ((signal: AbortSignal) => Promise<void>) | undefined;

  constructor(options: PutMetricDataOptions) {
    this.#options = options;
    this.#transport = new HttpTransport(options);
    // How a client of the caller's asks whether its endpoint answers is not known.
    this.probe = options.client === undefined ? (signal) => this.#transport.probe(signal) : undefined;
  }

  get entityState(): EntityState {
    return this.#entityState;
  }

  /** Rejects with the client's error. The entity is left out for good once the service has said that it does not take it. */
  async put(given: readonly Datum[], entity: Entity | undefined, signal: AbortSignal): Promise<void> {
    const datums = this.#inServiceTime(given);
    if (entity === undefined || this.#entityState === 'refused') return this.#plain(datums, signal);
    try {
      const refusal = await this.#send({ ...withEntity(datums, entity), Namespace: this.#options.namespace }, signal);
      if (refusal !== undefined) return this.#refuseEntity(refusal);
      this.#entityState = 'accepted';
    } catch (error) {
      const failure = classify(error);
      // Endpoints that know no entities refuse the request as a whole; whether it was the entity shows without it.
      if (this.#entityState === 'accepted' || failure.kind !== 'refused' || namedDatums(failure).length > 0)
        throw error;
      await this.#plain(datums, signal);
      this.#refuseEntity(failure.message);
    }
  }

  async destroy(): Promise<void> {
    const client = await this.#own?.catch(() => undefined);
    client?.destroy();
  }

  async #plain(datums: readonly Datum[], signal: AbortSignal): Promise<void> {
    await this.#send({ Namespace: this.#options.namespace, MetricData: [...datums] }, signal);
  }

  /** Copies: what waits keeps the host's time, so that it can be sent again with another offset. */
  #inServiceTime(datums: readonly Datum[]): readonly Datum[] {
    const { skew } = this.#options;
    if (skew.offset === 0) return datums;
    return datums.map((datum) => ({ ...datum, Timestamp: skew.correct(datum.Timestamp.getTime()) }));
  }

  #refuseEntity(reason: string): void {
    this.#entityState = 'refused';
    this.#options.onEntityRefused(reason);
  }

  async #send(input: PutMetricDataCommandInput, abortSignal: AbortSignal): Promise<string | undefined> {
    const { PutMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
    const given = this.#options.client as CloudWatchClient | undefined;
    // What a client of the caller's does before it sends is not known.
    if (given !== undefined) noteWritten(abortSignal);
    const client = given ?? (await this.#ownClient());
    const command = new PutMetricDataCommand(input);
    let refusal: string | undefined;
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        refusal = headerOf(result.response, FAILURE_HEADER);
        return result;
      },
      { step: 'deserialize', name: 'readFailureMessage', override: true },
    );
    await client.send(command, { abortSignal });
    return refusal;
  }

  #ownClient(): Promise<CloudWatchClient> {
    this.#own ??= this.#makeClient().catch((error: unknown) => {
      // A setting that the SDK refuses now may be repaired in a file that it reads again.
      this.#own = undefined;
      throw error;
    });
    return this.#own;
  }

  async #makeClient(): Promise<CloudWatchClient> {
    const { CloudWatchClient } = await import('@aws-sdk/client-cloudwatch');
    const create = (configuration: ClientConfiguration) => new CloudWatchClient(configuration);
    return openSdkClient(this.#options, 'monitoring', this.#transport, create);
  }
}

function withEntity(datums: readonly Datum[], entity: Entity) {
  return { EntityMetricData: [{ Entity: entity, MetricData: [...datums] }], StrictEntityValidation: false };
}

function headerOf(response: unknown, name: string): string | undefined {
  const headers = (response as { headers?: Record<string, string | undefined> } | undefined)?.headers;
  return headers?.[name];
}
