import type { Attributes } from '@opentelemetry/api';
import type { IdentifiedConfiguration } from '../../config/configuration.js';
import { Channel } from '../../delivery/application/channel.js';
import { recordRedaction } from '../../delivery/worker/telemetry-redaction.js';
import { createRedactor } from '../../redaction/redactor.js';
import { type DestinationStatus, readStatus } from '../doctor/destination-status.js';
import { type Probe, type ProbeKind, SIGNALS } from './telemetry.js';

/** What became of one item on the way that telemetry of the application takes: the same worker, the same exporters. */
export interface Sent {
  /** Whether every destination took it within the time. */
  readonly accepted: boolean;
  /** Milliseconds from handing it over to the answer, or to the end of the time. */
  readonly duration: number;
  readonly destinations: readonly DestinationStatus[];
  /** What the exporters said meanwhile: the words of AWS are among them. */
  readonly notices: readonly string[];
}

/** @param timeout milliseconds */
export async function sendProbe(
  probe: Probe,
  { configuration, attributes }: { configuration: IdentifiedConfiguration; attributes: Attributes },
  timeout: number,
): Promise<Sent> {
  const notices: string[] = [];
  let complaints = 0;
  const channel = new Channel({
    configuration: onlyFor(probe.kind, configuration),
    resource: attributes,
    onNotice(level, text) {
      notices.push(text);
      if (level === 'warn' || level === 'error') complaints += 1;
    },
    onLimits: () => {},
    redact: recordRedaction(createRedactor(configuration.redact)),
    captureTest: () => false,
    facts: () => ({ settings: [], problems: [], instrumentations: [], loadedTooEarly: [] }),
  });
  try {
    const began = performance.now();
    channel.post(probe.telemetry);
    const delivered = await channel.flush(timeout);
    const duration = Math.round(performance.now() - began);
    const status = await channel.status(2000);
    const signal = SIGNALS[probe.kind];
    const destinations = (status?.destinations ?? []).map((each) => readStatus(each, signal));
    const accepted = delivered && destinations.length > 0 && destinations.every((each) => tookIt(each, complaints));
    return { accepted, duration, destinations, notices };
  } finally {
    await channel.close();
  }
}

/** Exporters without counters say what fails by a notice only. */
function tookIt({ counters, queue }: DestinationStatus, complaints: number): boolean {
  if (queue === undefined) return complaints === 0;
  return (
    queue.items === 0 &&
    counters.some(({ name }) => name === 'sent') &&
    !counters.some(({ name }) => name === 'dropped')
  );
}

/** Nothing else is sent, and the run folder belongs to applications. */
function onlyFor(
  kind: ProbeKind,
  { runFolder: _, ...configuration }: IdentifiedConfiguration,
): IdentifiedConfiguration {
  const { metrics, traces, logs } = configuration;
  const none = { exporters: [] };
  return {
    ...configuration,
    metrics: kind === 'metric' ? metrics : { ...metrics, ...none },
    traces: kind === 'trace' ? traces : { ...traces, ...none },
    logs: kind === 'error' ? logs : { ...logs, ...none },
  };
}
