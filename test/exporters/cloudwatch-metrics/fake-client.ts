import { setImmediate } from 'node:timers/promises';
import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import type { SdkClient } from '../../../exporters/aws/sdk-client.js';
import type { Datum } from '../../../exporters/cloudwatch-metrics/datum.js';

export type Answer = (datums: readonly Datum[], request: number) => Error | 'hang' | undefined;

/** A CloudWatch client that answers as told and remembers what it accepted. */
export class FakeClient {
  readonly inputs: PutMetricDataCommandInput[] = [];
  readonly accepted: Datum[] = [];
  aborted = 0;
  /** Turns of the event loop that an answer takes. */
  delay = 0;
  answer: Answer;

  constructor(answer: Answer = () => undefined) {
    this.answer = answer;
  }

  get requests(): number {
    return this.inputs.length;
  }

  /** As the exporter's option. */
  get client(): SdkClient {
    return { send: this.#send } as unknown as SdkClient;
  }

  readonly #send = async (command: { input: PutMetricDataCommandInput }, options: { abortSignal: AbortSignal }) => {
    this.inputs.push(command.input);
    const datums = datumsOf(command.input);
    for (let turn = 0; turn < this.delay; turn++) await setImmediate();
    const answer = this.answer(datums, this.inputs.length);
    if (answer === 'hang') await this.#hang(options.abortSignal);
    if (answer instanceof Error) throw answer;
    this.accepted.push(...datums);
    return {};
  };

  #hang(signal: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.aborted += 1;
        reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
      });
    });
  }
}

export function datumsOf(input: PutMetricDataCommandInput): Datum[] {
  const withEntity = (input.EntityMetricData ?? []).flatMap(({ MetricData = [] }) => MetricData);
  return [...(input.MetricData ?? []), ...withEntity] as Datum[];
}

/** An error as the AWS SDK throws it. */
export function serviceError(name: string, status: number, message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

export const sumOf = (datums: readonly Datum[]) => datums.reduce((sum, { Value = 0 }) => sum + Value, 0);
