import assert from 'node:assert/strict';
import { CredentialsCache, credentialsSource, LOOK_EVERY, RENEW_BEFORE } from '../../../exporters/aws/credentials.js';
import { FakeClock } from './fake-clock.js';
import { settled } from './waiting.js';

const NOW = Date.UTC(2026, 10, 22);
const HOUR = 3_600_000;

function fixture(lifetime: number | undefined) {
  const clock = new FakeClock(NOW);
  const renewals: string[] = [];
  const state: { fail?: Error } = {};
  const cache = new CredentialsCache(async () => {
    renewals.push(`key${renewals.length + 1}`);
    if (state.fail) throw state.fail;
    return {
      accessKeyId: `key${renewals.length}`,
      secretAccessKey: 's',
      ...(lifetime === undefined ? {} : { expiration: new Date(clock.now() + lifetime) }),
    };
  }, clock);
  const key = async () => (await cache.get()).accessKeyId;
  return { clock, renewals, state, cache, key };
}

describe('credentials', () => {
  it('are asked for once, also by those who ask at the same time', async () => {
    const { key, renewals } = fixture(undefined);
    assert.deepEqual(await Promise.all([key(), key(), key()]), ['key1', 'key1', 'key1']);
    assert.equal(await key(), 'key1');
    assert.equal(renewals.length, 1);
  });

  it('are renewed in the background five minutes before they expire, not earlier', async () => {
    const { clock, key, renewals } = fixture(HOUR);
    await key();
    await clock.advance(HOUR - RENEW_BEFORE - 1);
    assert.equal(await key(), 'key1');
    await settled();
    assert.equal(renewals.length, 1);
    await clock.advance(1);
    assert.equal(await key(), 'key1');
    await settled();
    assert.equal(await key(), 'key2');
    assert.deepEqual(renewals, ['key1', 'key2']);
  });

  it('are waited for once they have expired', async () => {
    const { clock, key } = fixture(HOUR);
    await key();
    await clock.advance(HOUR);
    assert.equal(await key(), 'key2');
  });

  it('are used to their end while they cannot be renewed, which is not tried on every request', async () => {
    const { clock, state, key, renewals } = fixture(HOUR);
    await key();
    state.fail = new Error('no metadata');
    await clock.advance(HOUR - 60_000);
    for (let request = 0; request < 5; request += 1) {
      assert.equal(await key(), 'key1');
      await settled();
    }
    assert.equal(renewals.length, 2);
    await clock.advance(60_000);
    await assert.rejects(key(), /no metadata/);
    delete state.fail;
    assert.notEqual(await key(), 'key1');
  });

  it('are asked for anew after the service refused them, with caches left out', async () => {
    const { cache, key, renewals } = fixture(undefined);
    assert.equal(await cache.refuse(await cache.get()), true);
    assert.equal(await key(), 'key2');
    assert.deepEqual(renewals, ['key1', 'key2']);
  });

  it('are kept when the service refused others', async () => {
    const { cache, key } = fixture(undefined);
    const first = await cache.get();
    await cache.refuse(first);
    await key();
    assert.equal(await cache.refuse(first), true);
    assert.equal(await key(), 'key2');
  });

  it('that were refused are looked for every 5 s while somebody waits for others, and no longer', async () => {
    const clock = new FakeClock(NOW);
    let key = 'old';
    let asked = 0;
    const cache = new CredentialsCache(async () => {
      asked += 1;
      return { accessKeyId: key, secretAccessKey: 's' };
    }, clock);
    let renewed = 0;
    cache.onRenewed(() => {
      renewed += 1;
    });
    assert.equal(await cache.refuse(await cache.get()), false);
    await clock.advance(LOOK_EVERY - 1);
    assert.equal(asked, 2);
    await clock.advance(1);
    assert.equal(asked, 3);
    key = 'new';
    await clock.advance(LOOK_EVERY);
    assert.deepEqual([renewed, (await cache.get()).accessKeyId], [1, 'new']);
    await clock.advance(HOUR);
    assert.equal(asked, 4);
    assert.equal(clock.pending, 0);
  });

  it('that are missing are looked for, unless nobody waits for them', async () => {
    for (const waits of [true, false]) {
      const clock = new FakeClock(NOW);
      const cache = new CredentialsCache(async () => {
        throw new Error('none');
      }, clock);
      const forget = cache.onRenewed(() => {});
      if (!waits) forget();
      await assert.rejects(cache.get(), /none/);
      assert.equal(clock.pending, waits ? 1 : 0);
      forget();
      assert.equal(clock.pending, 0);
    }
  });

  it('that are taken again are no longer looked for', async () => {
    const clock = new FakeClock(NOW);
    const cache = new CredentialsCache(async () => ({ accessKeyId: 'same', secretAccessKey: 's' }), clock);
    cache.onRenewed(() => {});
    const used = await cache.get();
    await cache.refuse(used);
    assert.equal(clock.pending, 1);
    cache.accept(used);
    assert.equal(clock.pending, 0);
  });

  it('come from what is given', async () => {
    const given = { accessKeyId: 'a', secretAccessKey: 'b' };
    assert.equal(await credentialsSource({ credentials: given })(), given);
    assert.equal(await credentialsSource({ credentials: async () => given })(), given);
  });
});
