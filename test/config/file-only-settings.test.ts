import assert from 'node:assert/strict';
import { readConfiguration } from '../../src/config/read.js';

describe('a setting that only a configuration file can say', () => {
  it('costs a line where start() or a variable says it', () => {
    const { problems, values } = readConfiguration({ 'meter_provider.views': '[]' });
    assert.deepEqual(problems, [
      {
        key: 'meter_provider.views',
        value: '[redacted]',
        from: 'environment',
        expected: 'a key of the file that OTEL_CONFIG_FILE names, nowhere else',
        used: 'nothing of it',
      },
    ]);
    assert.deepEqual(values['meter_provider.views'], []);
  });

  it('costs none where a list comes from code', () => {
    assert.doesNotThrow(() => readConfiguration({ 'meter_provider.views': [] as unknown as string }));
  });
});
