/** The HTTP status an error asks for, as the frameworks read it. */

import { isObject, readProperty } from '../redaction/safe-read.js';

/** Of http-errors, Boom, Fastify, Koa and Nest errors: 400 to 599; undefined when it names none. */
export function errorStatus(error: unknown): number | undefined {
  if (!isObject(error)) return undefined;
  const output = readProperty(error, 'output');
  const candidates = [
    readProperty(error, 'status'),
    readProperty(error, 'statusCode'),
    isObject(output) ? readProperty(output, 'statusCode') : undefined,
  ];
  return candidates.find((status): status is number => typeof status === 'number' && status >= 400 && status <= 599);
}

/** Whether the error is the answer to a bad request (4xx, by its own account) rather than a fault of the service. */
export function isClientError(error: unknown): boolean {
  const status = errorStatus(error);
  return status !== undefined && status < 500;
}
