// The least that an active context costs: each request in one of Node's, and nothing else.
const { AsyncLocalStorage } = require('node:async_hooks');
const { Server } = require('node:http');

const requests = new AsyncLocalStorage();
const { emit } = Server.prototype;
Server.prototype.emit = function (event, ...args) {
  return event === 'request'
    ? requests.run({}, () => emit.call(this, event, ...args))
    : emit.call(this, event, ...args);
};
