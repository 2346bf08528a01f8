import type { AwsCredentials, AwsOptions, SharedCredentials } from './client-options.js';
import { VERSION } from './client-options.js';
import { systemClock } from './clock.js';
import { credentialsOf, isRefusedCredentials } from './credentials.js';
import type { HttpTransport } from './http-transport.js';
import { SdkRequestHandler } from './sdk-request-handler.js';
import { type AwsService, locate } from './service-location.js';

/** The part of an AWS SDK client's configuration that all our clients share. */
export interface ClientConfiguration {
  region?: string;
  profile?: string;
  credentials: (() => Promise<AwsCredentials>) & { memoized: true };
  endpoint?: string;
  useFipsEndpoint: boolean;
  useDualstackEndpoint: boolean;
  ignoreConfiguredEndpointUrls: true;
  maxAttempts: number;
  retryMode: 'standard';
  customUserAgent: [string, string][];
  requestHandler: SdkRequestHandler;
}

/**
 * Makes a client of the AWS SDK: `create` is given its configuration. A request whose credentials are refused is sent a second time
 * when their source has others.
 */
export async function openSdkClient<C>(
  options: AwsOptions,
  service: AwsService,
  transport: HttpTransport,
  create: (configuration: ClientConfiguration) => C,
): Promise<C> {
  const credentials = credentialsOf(options, systemClock);
  const client = create(await clientConfiguration(options, service, transport, credentials));
  const { middlewareStack: stack } = client as { middlewareStack: MiddlewareStack };
  stack.add(renewRefused(credentials), { step: 'initialize', name: 'renewRefusedCredentials', priority: 'low' });
  return client;
}

/**
 * The configuration for `new XClient(...)`: where {@link locate} says, the SDK looks for nothing by itself.
 *
 * `maxAttempts` is 1: the delivery queue retries instead, with every attempt counted, under one deadline, abortable, and without
 * the SDK's sleeps, which keep the process alive.
 *
 * @param transport sends the requests; its limits are theirs
 */
export async function clientConfiguration(
  options: AwsOptions,
  service: AwsService,
  transport: HttpTransport,
  credentials: SharedCredentials,
): Promise<ClientConfiguration> {
  const location = await locate(options, service);
  // Marked, or the SDK would keep what has no expiration for ever.
  const provider = Object.assign(() => credentials.get(), { memoized: true as const });
  return {
    ...(location.region === undefined ? {} : { region: location.region }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    credentials: provider,
    ...(location.endpoint === undefined ? {} : { endpoint: location.endpoint }),
    useFipsEndpoint: location.useFips,
    useDualstackEndpoint: location.useDualStack,
    ignoreConfiguredEndpointUrls: true,
    maxAttempts: 1,
    retryMode: 'standard',
    customUserAgent: [['org-monitoring', VERSION]],
    requestHandler: new SdkRequestHandler(transport),
  };
}

/** The part of the SDK's middleware that is used. */
type Next = (args: object) => Promise<object>;
type Middleware = (next: Next, context: object) => Next;
interface MiddlewareStack {
  add(middleware: Middleware, options: { step: 'initialize'; name: string; priority: 'low' }): void;
}

function renewRefused(credentials: SharedCredentials): Middleware {
  return (next, context) => async (args) => {
    try {
      const answer = await next(args);
      const used = identityIn(context);
      if (used !== undefined) credentials.accept(used);
      return answer;
    } catch (error) {
      const used = identityIn(context);
      if (!(error instanceof Error) || used === undefined || !isRefusedCredentials(error.name)) throw error;
      if (!(await credentials.refuse(used))) throw error;
      return next(args);
    }
  };
}

/** The credentials that the SDK has signed with. */
function identityIn(context: object): AwsCredentials | undefined {
  const { __smithy_context: chosen } = context as {
    __smithy_context?: { selectedHttpAuthScheme?: { identity?: AwsCredentials } };
  };
  return chosen?.selectedHttpAuthScheme?.identity;
}
