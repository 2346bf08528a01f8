import type { SamplingSource } from '../../wire/sampling-rules.js';
import type { Channel } from './channel.js';

/** Milliseconds for an answer: several requests may be needed, to a metadata service first. */
const TIMEOUT = 60_000;

/** X-Ray's sampling API, asked by the worker. */
export function createSamplingSource(channel: Pick<Channel, 'ask'>): SamplingSource {
  return {
    async rules() {
      const answer = await channel.ask((id) => ({ kind: 'sampling-rules', id }), TIMEOUT);
      if (answer?.kind === 'sampling-rules') return answer.rules;
      throw new Error(answer?.kind === 'sampling-failed' ? answer.reason : NO_ANSWER);
    },
    async targets(statistics) {
      const answer = await channel.ask((id) => ({ kind: 'sampling-targets', id, statistics }), TIMEOUT);
      if (answer?.kind === 'sampling-targets') return answer.targets;
      throw new Error(answer?.kind === 'sampling-failed' ? answer.reason : NO_ANSWER);
    },
  };
}

const NO_ANSWER = 'the delivery worker gave no answer';
