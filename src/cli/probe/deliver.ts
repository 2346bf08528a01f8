import type { CheckContext } from '../doctor/context.js';
import { readStatus } from '../doctor/destination-status.js';
import { THIS_SHELL } from '../doctor/judged.js';
import { askTestError, type RunningProcess } from '../running.js';
import { type Sent, sendProbe } from './send.js';
import type { Probe } from './telemetry.js';

export interface Delivered extends Sent {
  /** Who delivers: the running process, or this shell. */
  readonly by: string;
  /** What is shown by a delivery that AWS takes, and what is not. */
  readonly proves: string;
}

/** An error is captured and delivered by the running process, if there is one; all else by this shell. */
export async function deliverProbe(probe: Probe, context: CheckContext, timeout: number): Promise<Delivered> {
  const { running, whose, configuration } = context;
  if (probe.kind === 'error' && running !== undefined && configuration.runFolder !== undefined) {
    const sent = await byProcess(probe.key, running, configuration.runFolder, timeout);
    return { ...sent, by: whose, proves: `the way of ${whose}: its capture, settings, network and credentials` };
  }
  const shown =
    running === undefined
      ? `the settings, network and credentials of ${THIS_SHELL}`
      : `the settings of ${whose}, with the network and the credentials of ${THIS_SHELL}`;
  const sent = await sendProbe(probe, context, timeout);
  return { ...sent, by: THIS_SHELL, proves: `${shown}; not that the application delivers` };
}

async function byProcess(key: string, { pid }: RunningProcess, folder: string, timeout: number): Promise<Sent> {
  try {
    const { captured, delivered, duration, destinations } = await askTestError(folder, pid, key, timeout);
    const notice = captured === undefined ? HELD : captured ? undefined : SUPPRESSED;
    return {
      accepted: captured === true && delivered,
      duration,
      destinations: destinations.map((each) => readStatus(each, 'logs')),
      notices: notice === undefined ? [] : [notice],
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      accepted: false,
      duration: timeout,
      destinations: [],
      notices: [`process ${pid} can't be asked: ${reason}`],
    };
  }
}

const HELD = 'the event loop of the application does not answer: no error was captured';
const SUPPRESSED = 'the test error was suppressed: the limit on errors of one kind was reached; wait a minute';
