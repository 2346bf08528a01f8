import type { IncomingHttpHeaders } from 'node:http';
import type { Signature } from './sigv4.js';
import type { Service } from './store/journal.js';

/** A request that has been read and recognised. */
export interface Arrival {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** As sent. */
  readonly wire: Buffer;
  /** Decompressed. */
  readonly body: Buffer;
  readonly signature: Signature | undefined;
  readonly requestId: string;
  /** Epoch milliseconds by the endpoint's clock. */
  readonly now: number;
}

export type Protocol = 'json' | 'query' | 'rest-json' | 'otlp' | 'cbor' | 'none';

/** Which service is meant, by which protocol, and what it is asked to do. */
export interface Route {
  readonly service: Service;
  readonly protocol: Protocol;
  /** `PutMetricData`, `v1/traces`, …; the path when nothing is recognised. */
  readonly action: string;
}

export interface Account {
  /** 12 digits. */
  readonly id: string;
  readonly arn: string;
  readonly userId: string;
}

/** The region of a signature; that of a laptop's default where there is none. */
export const regionOf = (arrival: Arrival): string => arrival.signature?.region ?? 'us-east-1';
