import { STATUS_CODES } from 'node:http';

/** What an answer without an error of the service means, for a person: its status in words, and the likely cause. */
export function meaningOf(status: number, location?: string): string {
  const words = STATUS_CODES[status] ?? 'a status that HTTP does not define';
  return `${words}${causeOf(status, location)}`;
}

function causeOf(status: number, location: string | undefined): string {
  if (status < 300) return ', but not with an answer of the service: is there a proxy or a portal on the way?';
  if (status < 400) {
    const where = location === undefined ? '' : ` to ${location}`;
    return `${where}: redirects are not followed; is the endpoint right, or is there a proxy on the way?`;
  }
  if (status === 407) return ': put user and password in HTTPS_PROXY, http://user:password@host:port';
  if (status === 413) return ': the request is larger than the service, or a proxy on the way, takes';
  if (status === 429) return ': fewer requests are asked for';
  if (status === 421) return ': the connection led to another server';
  if (status === 511) return ': a portal on the way wants a login';
  return '';
}

/** Whether a status is always of a proxy or a portal on the way, never of the service. */
export function isFromTheWay(status: number): boolean {
  return status === 407 || status === 511;
}
