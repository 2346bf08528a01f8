import assert from 'node:assert/strict';
import fc from 'fast-check';
import { entityOf } from '../../../exporters/cloudwatch-metrics/entity.js';
import { datumsInRequest, requestOverhead } from '../../../exporters/cloudwatch-metrics/packing.js';

const MAX_DATUMS_PER_REQUEST = 1000;
const MAX_REQUEST_BYTES = 999_000;

const sized = (sizes: readonly number[]) =>
  sizes.map((bytes) => ({ value: 'x'.repeat(Math.max(0, bytes - 2)), time: 0, bytes }));

describe('datumsInRequest', () => {
  it('takes a thousand datums and leaves the next', () => {
    assert.equal(datumsInRequest(sized(new Array(1000).fill(10)), 50), 1000);
    assert.equal(datumsInRequest(sized(new Array(1001).fill(10)), 50), 1000);
  });

  it('takes the last byte and not one more', () => {
    const overhead = 100;
    const free = MAX_REQUEST_BYTES - overhead - 1;
    assert.equal(datumsInRequest(sized([1000, free - 1000]), overhead), 2);
    assert.equal(datumsInRequest(sized([1000, free - 999]), overhead), 1);
  });

  it('makes requests that are within both limits, lose nothing and are as full as they can be', () => {
    const sizes = fc.array(fc.integer({ min: 100, max: 8000 }), { minLength: 1, maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(sizes, fc.constantFrom('Namespace', 'n'.repeat(255)), fc.boolean(), (all, namespace, withEntity) => {
        const entity = withEntity ? entityOf({ 'service.name': 's', 'host.name': 'h' }) : undefined;
        const overhead = requestOverhead(namespace, entity);
        let items = sized(all);
        let packed = 0;
        while (items.length > 0) {
          const count = datumsInRequest(items, overhead);
          const batch = items.slice(0, count).map(({ value }) => value);
          const body =
            entity === undefined
              ? { Namespace: namespace, MetricData: batch }
              : {
                  Namespace: namespace,
                  EntityMetricData: [{ Entity: entity, MetricData: batch }],
                  StrictEntityValidation: false,
                };
          const bytes = JSON.stringify(body).length;
          assert.ok(count >= 1 && count <= MAX_DATUMS_PER_REQUEST);
          assert.ok(bytes <= MAX_REQUEST_BYTES, `${bytes} bytes`);
          const next = items[count];
          assert.ok(
            next === undefined || count === MAX_DATUMS_PER_REQUEST || bytes + 1 + next.bytes > MAX_REQUEST_BYTES,
          );
          packed += count;
          items = items.slice(count);
        }
        assert.equal(packed, all.length);
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });
});
