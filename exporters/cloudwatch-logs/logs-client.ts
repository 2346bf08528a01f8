import type { CloudWatchLogsClient, PutLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { AwsOptions } from '../aws/client-options.js';
import type { ClockSkew } from '../aws/clock-skew.js';
import { HttpTransport } from '../aws/http-transport.js';
import { openSdkClient } from '../aws/open-sdk-client.js';
import type { SdkClient } from '../aws/sdk-client.js';
import { noteWritten } from '../aws/unanswered.js';
import type { InputEvent, RejectedRange } from './batching.js';
import { type CreationApi, nameOf } from './destination.js';
import type { LogEntity } from './entity.js';

/** What PutLogEvents says about an accepted request. */
export interface PutAnswer {
  readonly rejected: RejectedRange | undefined;
  /** Why the entity was not linked; the events are there nevertheless. */
  readonly rejectedEntity: string | undefined;
}

/** The calls to CloudWatch Logs that the exporter makes. */
export interface LogsApi extends CreationApi {
  /** @param events in the order of time */
  putLogEvents(
    destination: { group: string; stream: string },
    events: readonly InputEvent[],
    entity: LogEntity | undefined,
    signal: AbortSignal,
  ): Promise<PutAnswer>;
  /** As {@link HttpTransport.probe}; none for a client of the application's. */
  readonly probe: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Closes the connections, if they are ours. */
  destroy(): void;
}

type Sdk = typeof import('@aws-sdk/client-cloudwatch-logs');

/**
 * The calls through the AWS SDK, which is loaded, and its client made, with the first of them: both cost tens of milliseconds and
 * look for credentials.
 * @param skew corrects the times of events
 * @param given a client of the application's, used as it is and never destroyed
 */
export function logsApi(options: AwsOptions, skew: ClockSkew, given?: SdkClient): LogsApi {
  const own = given as CloudWatchLogsClient | undefined;
  const transport = new HttpTransport({ ...options, skew });
  const load = async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch-logs');
    const open = () =>
      openSdkClient(options, 'logs', transport, (configuration) => new sdk.CloudWatchLogsClient(configuration));
    return { sdk, client: own ?? (await open()) };
  };
  let loaded: ReturnType<typeof load> | undefined;
  const withClient = async <T>(call: (client: CloudWatchLogsClient, sdk: Sdk) => Promise<T>): Promise<T> => {
    loaded ??= load().catch((error: unknown) => {
      // A setting that the SDK refuses now may be repaired in a file that it reads again.
      loaded = undefined;
      throw error;
    });
    const { client, sdk } = await loaded;
    return call(client, sdk);
  };
  return {
    async createLogStream(logGroupName, logStreamName, abortSignal) {
      await withClient((client, { CreateLogStreamCommand }) =>
        client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }), { abortSignal }),
      );
    },
    async createLogGroup(logGroupName, abortSignal) {
      await withClient((client, { CreateLogGroupCommand }) =>
        client.send(new CreateLogGroupCommand({ logGroupName }), { abortSignal }),
      );
    },
    async putRetentionPolicy(logGroupName, retentionInDays, abortSignal) {
      await withClient((client, { PutRetentionPolicyCommand }) =>
        client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }), { abortSignal }),
      );
    },
    async putLogEvents({ group, stream }, events, entity, abortSignal) {
      const input = {
        logGroupName: group,
        logStreamName: stream,
        logEvents: events.map(({ timestamp, message }) => ({ timestamp: timestamp + skew.offset, message })),
        ...(entity === undefined ? {} : { entity }),
      };
      return withClient(async (client, { PutLogEventsCommand }) => {
        // What a client of the application's does before it sends is not known.
        if (given !== undefined) noteWritten(abortSignal);
        const sent = client.send(new PutLogEventsCommand(input), { abortSignal });
        return answerOf(await sent.catch(unlessAccepted));
      });
    },
    probe: given === undefined ? (signal) => transport.probe(signal) : undefined,
    destroy() {
      if (given !== undefined) return;
      loaded?.then(({ client }) => client.destroy()).catch(() => {});
    },
  };
}

type Answer = Pick<PutLogEventsCommandOutput, 'rejectedLogEventsInfo' | 'rejectedEntityInfo'>;

/** The answer to a request that the service had already taken, whose first answer was lost. */
function unlessAccepted(error: unknown): Answer {
  if (nameOf(error) === 'DataAlreadyAcceptedException') return {};
  throw error;
}

function answerOf({ rejectedLogEventsInfo, rejectedEntityInfo }: Answer): PutAnswer {
  return { rejected: rejectedLogEventsInfo, rejectedEntity: rejectedEntityInfo?.errorType };
}
