import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderConfigurationDocs } from '../../src/config/documentation.js';
import { readConfiguration } from '../../src/config/read.js';
import { SETTING_NAMES } from '../../src/config/settings.js';

const ROOT = join(__dirname, '../..');

describe('docs/configuration.md', () => {
  it('is what the table of settings says', () => {
    const written = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
    assert.ok(written === renderConfigurationDocs(), 'docs/configuration.md is out of date: run `npm run docs`');
  });

  it('names every setting', () => {
    const docs = renderConfigurationDocs();
    assert.deepEqual(
      SETTING_NAMES.filter((name) => !docs.includes(`\`${name}\``)),
      [],
    );
  });

  it('shows a configuration file that works', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(renderConfigurationDocs()) ?? [];
    const { problems, configuration } = readConfiguration({ OTEL_CONFIG_FILE: 'x' }, { readFile: () => example });
    assert.deepEqual(problems, []);
    assert.equal(configuration.serviceName, 'checkout');
    assert.equal(configuration.logs.group, '/checkout/errors');
    assert.deepEqual(configuration.logs.exporters, ['otlp']);
  });
});
