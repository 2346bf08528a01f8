/** What became of offered items by the time the first attempt at each was over. */
export interface Offered {
  readonly accepted: number;
  /** Still held: they go out later, with their own time. */
  readonly queued: number;
  readonly dropped: number;
  /** Why the first dropped one was dropped. */
  readonly reason?: string;
}

/** Follows the items of one offer until something has happened to each. */
export interface Ticket {
  /** Items of which nothing is known yet. */
  open: number;
  accepted: number;
  queued: number;
  dropped: number;
  reason: string | undefined;
  resolve(outcome: Offered): void;
}

export function openTicket(resolve: (outcome: Offered) => void): Ticket {
  return { open: 0, accepted: 0, queued: 0, dropped: 0, reason: undefined, resolve };
}

/** The first thing that happens to an item is what its offer is told. */
export function settle(
  item: { readonly count: number; ticket: Ticket | undefined },
  outcome: 'accepted' | 'queued' | 'dropped',
  reason?: string,
): void {
  const ticket = item.ticket;
  if (ticket === undefined) return;
  item.ticket = undefined;
  ticket[outcome] += item.count;
  ticket.open -= item.count;
  if (reason !== undefined) ticket.reason ??= reason;
  if (ticket.open === 0) close(ticket);
}

export function close({ accepted, queued, dropped, reason, resolve }: Ticket): void {
  resolve({ accepted, queued, dropped, ...(reason === undefined ? {} : { reason }) });
}
