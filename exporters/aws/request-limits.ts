/** Milliseconds until a connection must stand, by default. */
export const CONNECTION_TIMEOUT = 2000;
/** Milliseconds that one request may take, connection included, by default. */
export const REQUEST_TIMEOUT = 10_000;
