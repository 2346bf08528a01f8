/** Datums into requests, by count and by the exact bytes of the uncompressed body. */

import { type Item, prefixWithin } from '../aws/item.js';
import type { Entity } from './entity.js';
import { MAX_DATUMS_PER_REQUEST, MAX_REQUEST_BYTES } from './limits.js';

/** The comma between two datums. */
const SEPARATOR = 1;

/** How many of the leading items the next request takes, given what the request weighs without any. */
export function datumsInRequest(items: readonly Item<unknown>[], overhead: number): number {
  return prefixWithin(items, { maxItems: MAX_DATUMS_PER_REQUEST, maxBytes: MAX_REQUEST_BYTES }, overhead, SEPARATOR);
}

/** Bytes of a request's body without datums. */
export function requestOverhead(namespace: string, entity: Entity | undefined): number {
  const body =
    entity === undefined
      ? { Namespace: namespace, MetricData: [] }
      : {
          Namespace: namespace,
          EntityMetricData: [{ Entity: entity, MetricData: [] }],
          StrictEntityValidation: false,
        };
  return Buffer.byteLength(JSON.stringify(body));
}
