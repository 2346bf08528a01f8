import assert from 'node:assert/strict';
import { CATALOGUE } from '../../src/instrumentation/catalogue.js';
import { type Selection, selectEntries, unknownNames } from '../../src/instrumentation/selection.js';

const selected = (selection: Partial<Selection>): string[] =>
  selectEntries(CATALOGUE, { disabled: [], requestPath: 'short', ...selection }).map(({ name }) => name);

describe('the selection of instrumentations', () => {
  it('takes clients, databases, queues and loggers by default, and nothing of every file, lookup or middleware', () => {
    const names = selected({});
    for (const name of [
      'http',
      'undici',
      'pg',
      'kafkajs',
      'aws-sdk',
      'grpc',
      'graphql',
      'pino',
      'socket.io',
      'openai',
    ]) {
      assert.ok(names.includes(name), name);
    }
    for (const name of ['fs', 'dns', 'net', 'connect', 'router', 'generic-pool', 'lru-memoizer', 'express', 'koa']) {
      assert.ok(!names.includes(name), name);
    }
  });

  it('adds the frameworks when incoming requests go the full way', () => {
    const added = selected({ requestPath: 'full' }).filter((name) => !selected({}).includes(name));
    assert.deepEqual(added, ['express', 'hapi', 'koa', 'nestjs-core', 'restify']);
  });

  it('takes those enabled and no others', () => {
    assert.deepEqual(selected({ enabled: ['fs', 'pg'] }), ['pg', 'fs']);
    assert.deepEqual(selected({ enabled: [] }), []);
  });

  it('drops what is disabled, enabled or not', () => {
    assert.ok(!selected({ disabled: ['pg'] }).includes('pg'));
    assert.deepEqual(selected({ enabled: ['pg', 'redis'], disabled: ['pg'] }), ['redis']);
  });

  it('names what it does not know, with the nearest that it knows', () => {
    const known = ['mongodb', 'pg'];
    assert.deepEqual(unknownNames({ enabled: ['mongdb', 'pg'], disabled: ['nothing'], requestPath: 'short' }, known), [
      'OTEL_NODE_ENABLED_INSTRUMENTATIONS: there is no instrumentation "mongdb", perhaps "mongodb"; it is ignored',
      'OTEL_NODE_DISABLED_INSTRUMENTATIONS: there is no instrumentation "nothing"; it is ignored',
    ]);
    assert.deepEqual(unknownNames({ disabled: ['pg'], requestPath: 'short' }, known), []);
  });
});
