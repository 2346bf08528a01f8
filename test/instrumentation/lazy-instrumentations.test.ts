import assert from 'node:assert/strict';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { LazyInstrumentations } from '../../src/instrumentation/lazy-instrumentations.js';

function lazily(recipes: Record<string, string[]>, create: (name: string) => void = () => undefined) {
  const made: string[] = [];
  const failures: string[] = [];
  const lazy = new LazyInstrumentations(
    Object.entries(recipes).map(([name, modules]) => ({
      name,
      modules,
      create: () => {
        made.push(name);
        create(name);
        return {} as Instrumentation;
      },
    })),
    (name) => void failures.push(name),
  );
  return { lazy, made, failures };
}

describe('lazy instrumentations', () => {
  it('are made by the first load of any of their packages, once', () => {
    const { lazy, made } = lazily({ pg: ['pg', 'pg-pool'], redis: ['@redis/client'] });
    lazy.load('express');
    assert.deepEqual(made, []);
    lazy.load('pg-pool');
    lazy.load('pg');
    assert.deepEqual(made, ['pg']);
  });

  it('cover a package for as long as they run, loaded or not', () => {
    const { lazy } = lazily({ mysql2: ['mysql2/promise'], fs: ['fs/promises'] });
    assert.ok(lazy.covers('mysql2') && lazy.covers('fs'));
    lazy.load('mysql2');
    assert.ok(lazy.covers('mysql2'));
    lazy.stop();
    assert.ok(!lazy.covers('mysql2'));
  });

  it('share a package', () => {
    const { lazy, made } = lazily({ spans: ['express'], errors: ['express', 'router'] });
    lazy.load('express');
    assert.deepEqual(made, ['spans', 'errors']);
  });

  it('fail one by one, and are not tried again', () => {
    const { lazy, made, failures } = lazily({ bad: ['pg'], good: ['pg'] }, (name) => {
      if (name === 'bad') throw new Error('broken');
    });
    lazy.load('pg');
    lazy.load('pg');
    lazy.create('bad');
    assert.deepEqual([made, failures, lazy.created.length], [['bad', 'good'], ['bad'], 1]);
  });

  it('are not made again by what making them loads', () => {
    let recursion: () => void = () => undefined;
    const { lazy, made } = lazily({ pg: ['pg'] }, () => recursion());
    recursion = () => lazy.load('pg');
    lazy.load('pg');
    assert.deepEqual(made, ['pg']);
  });
});
