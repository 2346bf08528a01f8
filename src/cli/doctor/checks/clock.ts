import { type Check, failed, info, pass, type Verdict, warning } from '../check.js';
import { servicesInUse, unlessAws } from '../context.js';

/** AWS refuses signatures whose time is off by more. Milliseconds. */
const REFUSED = 5 * 60_000;
/** Metrics and events are filed under times that are visibly wrong. Milliseconds. */
const NOTABLE = 60_000;

export const clock: Check = {
  id: 'MON-CLOCK-001',
  title: 'The clock is right',
  about: "The `Date` header of the first answer of AWS is compared with this machine's clock.",
  troubles: [
    {
      cause:
        'The clock is more than five minutes off: AWS refuses the signatures (SignatureDoesNotMatch, RequestTimeTooSkewed), or takes the data under wrong times.',
      remedy:
        'Switch on time synchronisation: `timedatectl set-ntp true`, or chrony with 169.254.169.123 on EC2; restart a paused virtual machine.',
    },
  ],
  needs: ['MON-NET-001'],
  reaches: 'network',
  unless: unlessAws,
  async run(context) {
    const reaches = await Promise.all(servicesInUse(context.configuration).map((service) => context.reach(service)));
    return judgeClock(reaches.find(({ clockOffset }) => clockOffset !== undefined)?.clockOffset);
  },
};

/** @param offset milliseconds that AWS's clock is ahead of ours */
export function judgeClock(offset: number | undefined): Verdict {
  if (offset === undefined) return info('no answer had a Date header');
  const off = Math.abs(offset);
  const direction = offset > 0 ? 'behind' : 'ahead of';
  const says = `this clock is ${describe(off)} ${direction} AWS's`;
  const remedy = 'timedatectl set-ntp true; on EC2 chrony with server 169.254.169.123';
  if (off > REFUSED) {
    return failed(says, { cause: 'AWS refuses signatures whose time is more than five minutes off', remedy });
  }
  if (off > NOTABLE) {
    return warning(says, { cause: 'metrics, errors and spans are filed under wrong times', remedy });
  }
  return pass(`within ${Math.max(1, Math.round(off / 1000))} s of AWS's`);
}

function describe(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  return minutes >= 120
    ? `${Math.round(minutes / 60)} hours`
    : minutes > 1
      ? `${minutes} minutes`
      : `${Math.round(milliseconds / 1000)} seconds`;
}
