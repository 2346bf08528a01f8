/** The instrumentation scopes of what is recorded here, by which both threads know it. */

/** Errors, and events of the process as a whole. */
export const ERRORS_SCOPE = '@org/monitoring/errors';
/** Requests, incoming and outgoing. */
export const REQUESTS_SCOPE = '@org/monitoring/requests';
/** Work that no request starts: runs of jobs, messages. */
export const JOBS_SCOPE = '@org/monitoring/jobs';
/** Calls to AWS of the delivery worker. */
export const DELIVERIES_SCOPE = '@org/monitoring/deliveries';
export const HOST_SCOPE = '@org/monitoring/host';
