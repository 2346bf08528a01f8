import assert from 'node:assert/strict';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ResourceLimit } from '../../../exporters/otlp-aws/resource-limit.js';
import { attributeBytes } from '../../../exporters/otlp-aws/sizes.js';

describe('resource limit', () => {
  it('keeps a resource that fits, and cuts one that is a byte too large', () => {
    const cut: string[] = [];
    const resource = resourceFromAttributes({ 'service.name': 'checkout', 'process.command_args': 'x'.repeat(500) });
    const size = attributeBytes(resource.attributes);
    assert.equal(new ResourceLimit(size, (keys) => cut.push(...keys)).within(resource), resource);
    assert.equal(cut.length, 0);
    const limit = new ResourceLimit(size - 1, (keys) => cut.push(...keys));
    assert.deepEqual(limit.within(resource).attributes, { 'service.name': 'checkout' });
    assert.equal(limit.within(resource), limit.within(resource));
    assert.deepEqual(cut, ['process.command_args']);
  });
});
