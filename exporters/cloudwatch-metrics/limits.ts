/** What PutMetricData accepts. Sources: the PutMetricData API reference, and the constraints in the AWS SDKs' service model. */

export const MAX_DATUMS_PER_REQUEST = 1000;

/** Uncompressed bytes. The service takes 1 MB; Amazon's own agent stops here as well. */
export const MAX_REQUEST_BYTES = 999_000;

/** Distinct values of one datum. */
export const MAX_VALUES = 150;

/** Largest magnitude of any number in a datum. */
export const MAX_MAGNITUDE = 2 ** 360;

/** Smallest magnitude, other than zero, that was ever documented as accepted; smaller ones are raised to it. */
export const MIN_MAGNITUDE = 8.51592e-109;

export const MAX_DIMENSIONS = 30;
/** Characters, ASCII only; metric names and namespaces too. */
export const MAX_NAME_LENGTH = 255;
export const MAX_DIMENSION_VALUE_LENGTH = 1024;

/** Milliseconds before now that a timestamp may lie: two weeks. */
export const MAX_AGE = 14 * 24 * 3_600_000;
/** Milliseconds after now that a timestamp may lie: two hours. */
export const MAX_LEAD = 2 * 3_600_000;
