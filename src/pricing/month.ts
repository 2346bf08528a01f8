/** Seconds in a month of 730 hours, which AWS's price pages and calculator use: calculator.aws. */
export const SECONDS_PER_MONTH = 730 * 3600;
