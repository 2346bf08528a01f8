import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { type Attributes, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { AlwaysOffSampler, type Sampler } from '@opentelemetry/sdk-trace';
import { samplingAttributes } from '../../src/requests/sampling-attributes.js';
import { startAttributes } from '../../src/requests/span.js';
import { ReservoirSampler } from '../../src/tracing/reservoir-sampler.js';
import { XRaySampler } from '../../src/tracing/xray-sampler.js';
import type { SamplingRule } from '../../src/wire/sampling-rules.js';
import { medianOfBatches } from '../host/measure.js';
import { table } from '../table.js';

const IDS = Array.from({ length: 4096 }, () => randomBytes(16).toString('hex'));
/** The longest path that Node takes, made for a pattern that nearly matches everywhere. */
const HOSTILE = `/${'a'.repeat(16_000)}`;

const rule = (name: string, given: Partial<SamplingRule> = {}): SamplingRule => ({
  name,
  priority: 100,
  fixedRate: 0.05,
  reservoirSize: 1,
  serviceName: '*',
  serviceType: '*',
  host: '*',
  method: '*',
  urlPath: '*',
  resourceArn: '*',
  attributes: {},
  ...given,
});

/** An account's full quota: every rule looks at method and path, the default one takes the request. */
const RULES = [
  ...Array.from({ length: 25 }, (_, index) =>
    rule(`r${index}`, { method: 'GET', urlPath: `/area-${index}/*/items/*` }),
  ),
  rule('Default'),
];

function xray(rules: SamplingRule[]): Sampler {
  const sampler = new XRaySampler({
    fallback: new AlwaysOffSampler(),
    service: { name: 'shop' },
    now: () => performance.now(),
  });
  sampler.useRules({ rules, readAt: 0 });
  return sampler;
}

const requestOf = (path: string) => ({
  method: 'GET',
  url: `${path}?page=2`,
  httpVersion: '1.1',
  headers: { host: 'shop.example:443', 'user-agent': 'bench/1' },
  socket: { remoteAddress: '127.0.0.1', remotePort: 50_000 },
});
const attributesOf = (path: string): Attributes => startAttributes(requestOf(path) as never, 'https');

async function measured(sampler: Sampler, attributes: Attributes, size = 20_000): Promise<number> {
  let next = 0;
  const call = () => {
    next = (next + 1) % IDS.length;
    return sampler.shouldSample(ROOT_CONTEXT, IDS[next] as string, 'GET', SpanKind.SERVER, attributes, []);
  };
  await medianOfBatches(30, size, call);
  return medianOfBatches(100, size, call);
}

async function measuredOnDemand(sampler: Sampler): Promise<number> {
  const request = requestOf('/shop/customers/17/orders/4') as never;
  let next = 0;
  const call = () => {
    next = (next + 1) % IDS.length;
    const attributes = samplingAttributes(request, 'https', (query) => query);
    return sampler.shouldSample(ROOT_CONTEXT, IDS[next] as string, 'GET', SpanKind.SERVER, attributes, []);
  };
  await medianOfBatches(30, 20_000, call);
  return medianOfBatches(100, 20_000, call);
}

const reservoir = new ReservoirSampler({ perSecond: 1, ratio: 0.05, now: () => performance.now() });
const hostileRule = rule('hostile', { urlPath: `*${'a'.repeat(60)}?${'a'.repeat(60)}b*` });
const ordinary = attributesOf('/shop/customers/17/orders/4');
const rows: [string, number][] = [
  ['`parentbased_reservoir`', await measured(reservoir, {})],
  ['`xray`, the default rule alone', await measured(xray([rule('Default')]), {})],
  ['`xray`, one rule by path', await measured(xray([rule('a', { urlPath: '/pay/*' }), rule('Default')]), ordinary)],
  ['`xray`, 25 rules by method and path, none of which matches', await measured(xray(RULES), ordinary)],
  [
    '`xray`, a path of 16 000 characters against a pattern made for it',
    await measured(xray([hostileRule, rule('Default')]), attributesOf(HOSTILE), 5),
  ],
  [
    'the same rule, reading the path of a request included',
    await measuredOnDemand(xray([rule('a', { urlPath: '/pay/*' }), rule('Default')])),
  ],
  [
    'all attributes of a request, for comparison',
    await medianOfBatches(100, 20_000, () => attributesOf('/shop/customers/17/orders/4')),
  ],
];
const [, base] = rows[0] as [string, number];

console.log(`Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, medians\n`);
console.log(
  table(
    ['A decision', 'µs', 'ratio'],
    rows.map(([name, value]) => [name, value.toFixed(3), `${(value / base).toFixed(2)} ×`]),
  ),
);
