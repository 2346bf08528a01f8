import { residentBytes, threadTimes, timesBetween } from '../thread-times.js';
import { Connection } from './connection.js';
import type { LoadOrder, LoadResult } from './order.js';

/**
 * A process of its own, which never sleeps: to wake it would cost the application 2 to 5 µs for each answer that finds it idle, and a slower
 * application finds it so more often, which would count against whatever made it slower. Puts an application under load as its parent asks, and answers with what
 * it saw.
 */
process.on('message', async (order: LoadOrder) => process.send?.(await run(order)));
process.on('disconnect', () => process.exit());

async function run({ port, path, connections, warmUp, duration, pid }: LoadOrder): Promise<LoadResult> {
  const latencies: number[] = [];
  let measuring = false;
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const events = {
    onResponse: (milliseconds: number) => void (measuring && latencies.push(milliseconds)),
    onError: (error: Error) => {
      throw error;
    },
  };
  const open = Array.from({ length: connections }, () => new Connection(port, request, events));
  let spinning = true;
  const spin = () => void (spinning && setImmediate(spin));
  spin();
  await sleep(warmUp);
  const before = read(pid);
  measuring = true;
  await sleep(duration);
  measuring = false;
  const after = read(pid);
  const rss = residentBytes(pid);
  spinning = false;
  for (const connection of open) connection.end();
  return { rss, ...used(pid, before, after), ...quantiles(latencies) };
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function read(pid: number) {
  return { application: threadTimes(pid), time: performance.now() * 1000 };
}

type Reading = ReturnType<typeof read>;

function used(pid: number, before: Reading, after: Reading) {
  const application = timesBetween(pid, before.application, after.application);
  const time = after.time - before.time;
  // The application's own threads share a core: for each other they have to wait.
  const applicationWaited = Math.max(0, application.main.waited - application.others.ran);
  return {
    seconds: time / 1e6,
    mainCpu: application.main.ran,
    otherCpu: application.others.ran,
    applicationShare: (application.main.ran + application.others.ran) / time,
    disturbed: applicationWaited / time,
  };
}

function quantiles(latencies: readonly number[]) {
  const sorted = Float64Array.from(latencies).sort();
  const at = (quantile: number) => sorted[Math.floor(sorted.length * quantile)] ?? Number.NaN;
  return { requests: sorted.length, p50: at(0.5), p99: at(0.99) };
}
