import { entryScript } from '../config/environment.js';
import { agentsAmong } from '../config/other-agents.js';
import { describeConfiguration } from '../config/print.js';
import type { Reading } from '../config/read.js';
import type { HostMetrics } from '../host/host-metrics.js';
import type { InstalledInstrumentations } from '../instrumentation/install.js';
import type { RequestAggregate } from '../requests/request-aggregate.js';
import type { ProcessFacts, TaskLimits } from '../wire/messages.js';

/** What the delivery worker tells and asks of the application's thread. The parts that answer start after the worker does. */
export class ApplicationFacts {
  readonly #reading: Reading;
  readonly #credentialsSource: string;
  #host: (() => Pick<HostMetrics, 'useTaskLimits'>) | undefined;
  #requests: Pick<RequestAggregate, 'counts'> | undefined;
  #instrumentations: Pick<InstalledInstrumentations, 'instrumentations' | 'loadedBefore'> | undefined;

  /** @param credentialsSource one phrase: where AWS credentials come from */
  constructor(reading: Reading, credentialsSource: string) {
    this.#reading = reading;
    this.#credentialsSource = credentialsSource;
  }

  /** @param host starts the host metrics where they have not started */
  answerBy(
    host: () => Pick<HostMetrics, 'useTaskLimits'>,
    instrumentations: Pick<InstalledInstrumentations, 'instrumentations' | 'loadedBefore'>,
    requests: Pick<RequestAggregate, 'counts'>,
  ): void {
    this.#requests = requests;
    this.#host = host;
    this.#instrumentations = instrumentations;
  }

  takeLimits(limits: readonly TaskLimits[]): void {
    for (const limit of limits) this.#host?.().useTaskLimits(limit);
    if (limits.length === 0) this.#host?.().useTaskLimits(undefined);
  }

  facts(): Omit<ProcessFacts, 'lostMessages'> {
    const { problems } = this.#reading;
    const entry = entryScript();
    return {
      settings: describeConfiguration(this.#reading),
      problems,
      instrumentations: (this.#instrumentations?.instrumentations() ?? []).map((each) => each.instrumentationName),
      loadedTooEarly: [...(this.#instrumentations?.loadedBefore ?? [])],
      credentialsSource: this.#credentialsSource,
      ...(this.#requests && { requests: this.#requests.counts() }),
      otherAgents: agentsAmong(Object.keys(require.cache)),
      ...(entry && { entry }),
    };
  }
}
