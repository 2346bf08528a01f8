// Sentry has no preload of its own: this is its documentation's.
const Sentry = require('@sentry/node');

Sentry.init({ tracesSampleRate: 1 });
