import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface MetadataRequest {
  method?: 'GET' | 'PUT';
  headers?: Record<string, string>;
  /** PEM of the authority that signed the server's certificate. */
  ca?: string;
  signal: AbortSignal;
}

/** One request to a metadata service; rejects when there is no whole answer. */
export type FetchText = (url: string, request: MetadataRequest) => Promise<{ status: number; body: string }>;

/** More than any metadata document has. */
const MAX_BYTES = 256 * 1024;

/** By node:http, on a connection of its own. Rejects on abort, on a broken connection and on more than 256 KiB. */
export const fetchText: FetchText = (url, { method = 'GET', headers = {}, ca, signal }) =>
  new Promise((resolve, reject) => {
    const start = url.startsWith('https:') ? httpsRequest : httpRequest;
    const options = { method, headers, signal, agent: false, ...(ca !== undefined && { ca }) };
    const outgoing = start(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BYTES) outgoing.destroy(new Error(`more than ${MAX_BYTES} bytes`));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
