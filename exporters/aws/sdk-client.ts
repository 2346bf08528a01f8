/**
 * The part of a client of the AWS SDK v3 that is used: a client of the application's own copy of the SDK fits, and the types of that
 * SDK need not be installed.
 */
export interface SdkClient {
  send(command: never, options?: { abortSignal?: AbortSignal }): Promise<unknown>;
}
