import assert from 'node:assert/strict';
import type { Measurement } from '../../../exporters/cloudwatch-metrics/measurement.js';
import { requestOutcomes } from '../../../exporters/cloudwatch-metrics/request-metrics.js';
import { explicitPoint, exponentialPoint } from './histograms.js';

function durations(status: unknown, changes: Partial<Measurement> = {}): Measurement {
  return {
    name: 'http.server.request.duration',
    unit: 's',
    monotonic: false,
    attributes: { 'http.route': '/a', ...(status === undefined ? {} : { 'http.response.status_code': status }) },
    time: 1,
    measure: { kind: 'exponential', point: exponentialPoint([0.1, 0.2, 0.3]) },
    ...changes,
  };
}

const tallies = (point: Measurement) =>
  requestOutcomes(point).map(({ name, measure }) =>
    measure.kind === 'tally' ? [name, measure.no, measure.yes] : [name],
  );

describe('requestOutcomes', () => {
  for (const [status, fault, error] of [
    [200, 0, 0],
    [399, 0, 0],
    [400, 0, 3],
    [499, 0, 3],
    [500, 3, 0],
    [599, 3, 0],
    ['503', 3, 0],
  ] as const) {
    it(`counts three requests of status ${status} as ${fault} faults and ${error} errors`, () => {
      assert.deepEqual(tallies(durations(status)), [
        ['http.server.fault', 3 - fault, fault],
        ['http.server.error', 3 - error, error],
      ]);
    });
  }

  const broken = (attributes: Record<string, unknown>) => {
    const point = durations(undefined);
    return tallies({ ...point, attributes: { ...point.attributes, ...attributes } }).map(([, , yes]) => yes);
  };
  it('counts answers that the server broke off as faults, whatever their status', () => {
    for (const status of [undefined, 200, 404, 500]) {
      assert.deepEqual(broken({ 'http.response.status_code': status, 'error.type': 'RangeError' }), [3, 0]);
    }
  });

  it('does not count clients that left, nor take a status that is told twice for a fault', () => {
    assert.deepEqual(broken({ 'error.type': 'aborted' }), []);
    assert.deepEqual(broken({ 'http.response.status_code': 200, 'error.type': 'aborted' }), [0, 0]);
    assert.deepEqual(broken({ 'http.response.status_code': 404, 'error.type': '404' }), [0, 3]);
  });

  it('keeps time and attributes, and counts', () => {
    const [fault] = requestOutcomes(durations(200));
    assert.deepEqual(fault && [fault.time, fault.unit, fault.attributes['http.route']], [1, 'Count', '/a']);
  });

  it('works on explicit histograms as well', () => {
    const point = durations(500, { measure: { kind: 'explicit', point: explicitPoint([1, 2], [1]) } });
    assert.deepEqual(tallies(point)[0], ['http.server.fault', 0, 2]);
  });

  it('has nothing to say without a status, of no requests, or of another metric', () => {
    for (const status of [undefined, 'x', 99, 600]) assert.deepEqual(requestOutcomes(durations(status)), []);
    assert.deepEqual(
      requestOutcomes(durations(200, { measure: { kind: 'exponential', point: exponentialPoint([]) } })),
      [],
    );
    assert.deepEqual(requestOutcomes(durations(200, { name: 'http.client.request.duration' })), []);
    assert.deepEqual(requestOutcomes(durations(200, { measure: { kind: 'sum', value: 4 } })), []);
  });
});
