import type { HttpRequest, HttpResponse } from '@smithy/protocol-http';
import type { HttpTransport } from './http-transport.js';

/** What the AWS SDK gives with a request. */
interface HandlerOptions {
  readonly abortSignal?: unknown;
}

/** Has a client of the AWS SDK send by our transport, so that every request of ours has the same limits. */
export class SdkRequestHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };

  constructor(private readonly transport: HttpTransport) {}

  async handle(request: HttpRequest, { abortSignal }: HandlerOptions = {}): Promise<{ response: HttpResponse }> {
    const { method, headers } = request;
    const body: unknown = request.body;
    if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new TypeError('a body that is a stream');
    }
    const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
    const { status, ...answer } = await this.transport.send({ method, url: urlOf(request), headers, body, signal });
    return { response: { statusCode: status, headers: given(answer.headers), body: answer.body } };
  }

  destroy(): void {
    this.transport.destroy();
  }

  /** Part of the interface; nothing of ours is changed later. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

function urlOf({ protocol, hostname, port, path, query }: HttpRequest): URL {
  const url = new URL(path, `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) url.searchParams.append(name, one);
  }
  return url;
}

function given(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) result[name] = value;
  return result;
}
