const Koa = require('koa');
const { listening } = require('./listening.cjs');
const { experiment } = require('./payload.cjs');

const app = new Koa();
app.use(async (context) => {
  context.body = experiment(context.path.slice('/experiments/'.length));
});
const server = app.listen(0, '127.0.0.1', () => listening(server));
