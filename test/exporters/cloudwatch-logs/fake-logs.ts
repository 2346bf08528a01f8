import type { ServerResponse } from 'node:http';
import { type Handler, type LoopbackServer, type Received, startServer } from '../aws/loopback-server.js';

export interface PutRequest {
  logGroupName: string;
  logStreamName: string;
  logEvents: { timestamp: number; message: string }[];
  entity?: unknown;
}

export interface FakeLogs {
  readonly url: string;
  readonly server: LoopbackServer;
  readonly groups: Set<string>;
  readonly streams: Set<string>;
  /** Days by group. */
  readonly retention: Map<string, number>;
  /** Requests that were accepted. */
  readonly accepted: PutRequest[];
  /** The operations called, in their order. */
  readonly calls: string[];
  /** Answers in place of the service; returns false to leave a request to it. */
  misbehave: (operation: string, response: ServerResponse, received: Received) => boolean;
  /** Added to the answer of PutLogEvents. */
  answer: Record<string, unknown>;
  events(): { timestamp: number; message: string }[];
  close(): Promise<void>;
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers }).end(JSON.stringify(body));
}

export const answerError = (response: ServerResponse, type: string, message = type, status = 400) =>
  answerJson(response, status, { __type: type, message });

/** CloudWatch Logs as far as the exporter calls it: groups and streams must be created, order, size and span are enforced. */
export async function startLogs(existing: { group?: string; stream?: string } = {}): Promise<FakeLogs> {
  const groups = new Set<string>(existing.group === undefined ? [] : [existing.group]);
  const streams = new Set<string>(existing.stream === undefined ? [] : [`${existing.group}|${existing.stream}`]);
  const retention = new Map<string, number>();
  const accepted: PutRequest[] = [];
  const calls: string[] = [];

  const operations: Record<string, (input: Record<string, unknown>, response: ServerResponse) => void> = {
    CreateLogGroup({ logGroupName }, response) {
      if (groups.has(String(logGroupName))) return answerError(response, 'ResourceAlreadyExistsException');
      groups.add(String(logGroupName));
      return answerJson(response, 200, {});
    },
    CreateLogStream({ logGroupName, logStreamName }, response) {
      if (!groups.has(String(logGroupName))) return answerError(response, 'ResourceNotFoundException');
      const stream = `${logGroupName}|${logStreamName}`;
      if (streams.has(stream)) return answerError(response, 'ResourceAlreadyExistsException');
      streams.add(stream);
      return answerJson(response, 200, {});
    },
    PutRetentionPolicy({ logGroupName, retentionInDays }, response) {
      retention.set(String(logGroupName), Number(retentionInDays));
      answerJson(response, 200, {});
    },
    PutLogEvents(input, response) {
      const request = input as unknown as PutRequest;
      if (!streams.has(`${request.logGroupName}|${request.logStreamName}`)) {
        return answerError(response, 'ResourceNotFoundException', 'The specified log stream does not exist.');
      }
      const wrong = problemOf(request);
      if (wrong !== undefined) return answerError(response, 'InvalidParameterException', wrong);
      accepted.push(request);
      return answerJson(response, 200, { nextSequenceToken: '1', ...fake.answer });
    },
  };

  const handle: Handler = (received, response) => {
    const operation = String(received.headers['x-amz-target']).split('.')[1] ?? '';
    calls.push(operation);
    if (fake.misbehave(operation, response, received)) return;
    operations[operation]?.(JSON.parse(received.body.toString()), response);
  };
  const server = await startServer(handle);
  const fake: FakeLogs = {
    url: server.url,
    server,
    groups,
    streams,
    retention,
    accepted,
    calls,
    misbehave: () => false,
    answer: {},
    events: () => accepted.flatMap(({ logEvents }) => logEvents),
    close: () => server.close(),
  };
  return fake;
}

function problemOf({ logEvents }: PutRequest): string | undefined {
  if (logEvents.length === 0 || logEvents.length > 10_000) return `${logEvents.length} log events`;
  const bytes = logEvents.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0);
  if (bytes > 1_048_576) return `Upload too large: ${bytes} bytes exceeds limit of 1048576`;
  const times = logEvents.map(({ timestamp }) => timestamp);
  if (times.some((time, index) => index > 0 && time < (times[index - 1] ?? 0))) {
    return 'Log events in a single PutLogEvents request must be in chronological order.';
  }
  return (times.at(-1) ?? 0) - (times[0] ?? 0) > 86_400_000
    ? 'The batch of log events spans more than 24 hours.'
    : undefined;
}
