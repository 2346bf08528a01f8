// Makes errors of one kind, so many a second, and does with them what its argument names. Says when it has begun.
const [way, rate] = [process.argv[2], Number(process.argv[3])];
const { captureError } = require('../../dist/index.cjs');

const TICK = 10;
let made = 0;
const last = { stack: '' };

function order(depth) {
  if (depth > 0) return order(depth - 1);
  made += 1;
  return new Error(`order ${made} of customer 8${made % 977} failed`);
}

const ways = {
  made: () => order(6),
  // As a logger or an error handler does.
  read: () => {
    last.stack = order(6).stack;
  },
  captured: () => captureError(order(6), { order: made }),
  'read and captured': () => {
    const error = order(6);
    last.stack = error.stack;
    captureError(error, { order: made });
  },
};

const act = ways[way];
setInterval(() => {
  for (let i = 0; i < (rate * TICK) / 1000; i++) act();
}, TICK);
console.log('begun');
