import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import fc from 'fast-check';
import { PbfWriter } from 'pbf';
import { KeyValues } from '../../../exporters/otlp-aws/key-values.js';
import { attributeBytes } from '../../../exporters/otlp-aws/sizes.js';

describe('sizes of attributes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  const value = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.array(text), fc.array(fc.integer()));
  const attributes = fc.dictionary(text, value) as fc.Arbitrary<Attributes>;

  const onTheWire = (given: Attributes): number => {
    const writer = new PbfWriter();
    new KeyValues().write(9, given, writer);
    return writer.pos;
  };

  it('are never estimated below what they are on the wire', () => {
    fc.assert(
      fc.property(attributes, (given) => assert.ok(attributeBytes(given) >= onTheWire(given))),
      { numRuns: 300 },
    );
  });

  it('are within a fifth for ordinary ones', () => {
    const given = {
      'url.path': '/checkout/items/42',
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64)',
      'server.address': 'shop.example.org',
    };
    assert.ok(attributeBytes(given) < onTheWire(given) * 1.2);
  });
});
