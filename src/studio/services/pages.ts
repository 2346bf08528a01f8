import { AwsError } from '../aws-error.js';

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent: this was the last page. */
  readonly nextToken?: string;
}

/** The page of `all` that begins where `token` says; a token is opaque to clients. */
export function paginate<T>(all: readonly T[], size: number, token: string | undefined): Page<T> {
  const start = token === undefined ? 0 : parseToken(token);
  const items = all.slice(start, start + size);
  const end = start + items.length;
  return end < all.length ? { items, nextToken: Buffer.from(`at:${end}`).toString('base64url') } : { items };
}

function parseToken(token: string): number {
  const match = /^at:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw new AwsError('InvalidNextToken', 'The next token specified is invalid.');
  return Number(match[1]);
}
