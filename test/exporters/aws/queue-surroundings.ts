import { Notices } from '../../../exporters/aws/notices.js';
import { SelfCounters } from '../../../exporters/aws/self-counters.js';
import { FakeClock } from './fake-clock.js';

/** What a queue works with, where all of it can be seen: time, counters, and the lines that it says. */
export function queueSurroundings() {
  const clock = new FakeClock();
  const counters = new SelfCounters();
  const lines: string[] = [];
  const notices = new Notices(
    'test',
    () => clock.now(),
    (line) => lines.push(line),
  );
  return { clock, counters, lines, options: { clock, counters, notices, random: () => 0.5 } };
}
