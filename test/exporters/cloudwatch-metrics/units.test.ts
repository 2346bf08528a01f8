import assert from 'node:assert/strict';
import { StandardUnit } from '@aws-sdk/client-cloudwatch';
import { STANDARD_UNITS, standardUnit } from '../../../exporters/cloudwatch-metrics/units.js';

describe('standardUnit', () => {
  const table: [string, string, number][] = [
    ['s', 'Seconds', 1],
    ['ms', 'Milliseconds', 1],
    ['us', 'Microseconds', 1],
    ['\u00b5s', 'Microseconds', 1],
    ['\u03bcs', 'Microseconds', 1],
    ['ns', 'Microseconds', 1e-3],
    ['min', 'Seconds', 60],
    ['h', 'Seconds', 3600],
    ['d', 'Seconds', 86_400],
    ['wk', 'Seconds', 604_800],
    ['By', 'Bytes', 1],
    ['kBy', 'Kilobytes', 1],
    ['MBy', 'Megabytes', 1],
    ['GBy', 'Gigabytes', 1],
    ['TBy', 'Terabytes', 1],
    ['KiBy', 'Kilobytes', 1.024],
    ['MiBy', 'Megabytes', 1.048576],
    ['GiBy', 'Gigabytes', 1.073741824],
    ['TiBy', 'Terabytes', 1.099511627776],
    ['bit', 'Bits', 1],
    ['kbit', 'Kilobits', 1],
    ['Mbit', 'Megabits', 1],
    ['Gbit', 'Gigabits', 1],
    ['Tbit', 'Terabits', 1],
    ['Mibit', 'Megabits', 1.048576],
    ['Kibit', 'Kilobits', 1.024],
    ['Gibit', 'Gigabits', 1.073741824],
    ['Tibit', 'Terabits', 1.099511627776],
    ['Bi', 'Bits', 1],
    ['By/s', 'Bytes/Second', 1],
    ['kBy/s', 'Kilobytes/Second', 1],
    ['MBy/s', 'Megabytes/Second', 1],
    ['MiBy/s', 'Megabytes/Second', 1.048576],
    ['GBy/s', 'Gigabytes/Second', 1],
    ['TBy/s', 'Terabytes/Second', 1],
    ['KiBy/s', 'Kilobytes/Second', 1.024],
    ['GiBy/s', 'Gigabytes/Second', 1.073741824],
    ['TiBy/s', 'Terabytes/Second', 1.099511627776],
    ['bit/s', 'Bits/Second', 1],
    ['kbit/s', 'Kilobits/Second', 1],
    ['Mbit/s', 'Megabits/Second', 1],
    ['Gbit/s', 'Gigabits/Second', 1],
    ['Tbit/s', 'Terabits/Second', 1],
    ['Mibit/s', 'Megabits/Second', 1.048576],
    ['{error}', 'Count', 1],
    ['{message}', 'Count', 1],
    ['%', 'Percent', 1],
    ['1', 'None', 1],
    ['{request}', 'Count', 1],
    ['{cpu}', 'Count', 1],
    ['{}', 'Count', 1],
    ['{request}/s', 'Count/Second', 1],
    ['{request}/min', 'Count/Second', 1 / 60],
    ['1/s', 'Count/Second', 1],
    ['Hz', 'Count/Second', 1],
    ['By{heap}', 'Bytes', 1],
  ];
  for (const [unit, standard, factor] of table) {
    it(`takes ${unit} as ${standard} times ${factor}`, () => {
      const mapping = standardUnit(unit);
      assert.equal(mapping.unit, standard);
      assert.ok(Math.abs(mapping.factor - factor) < 1e-12);
      assert.equal(mapping.known, true);
    });
  }

  it('knows the units of the AWS SDK, and no other', () => {
    assert.deepEqual([...STANDARD_UNITS].sort(), Object.values(StandardUnit).sort());
  });

  it("takes each of CloudWatch's own names as itself, in any case", () => {
    for (const unit of STANDARD_UNITS) {
      assert.deepEqual(standardUnit(unit), { unit, factor: 1, known: true });
      assert.equal(standardUnit(unit.toUpperCase()).unit, unit);
    }
  });

  it('keeps the case of UCUM: a millibyte is not a megabyte', () => {
    for (const unit of ['mBy', 'S', 'KBy', 'BY', 'MS'])
      assert.deepEqual(standardUnit(unit), { unit: 'None', factor: 1, known: false });
  });

  it('has None for what CloudWatch has no unit for, and says so', () => {
    for (const unit of ['Cel', 'mW', 'J', 'mo', 'PBy', 'By/min', '{request', 'request}', '{a}/h'])
      assert.deepEqual(standardUnit(unit), { unit: 'None', factor: 1, known: false });
  });

  it('takes a counter without a unit as counting, and anything else without one as None', () => {
    assert.deepEqual(standardUnit('', 'orders', true), { unit: 'Count', factor: 1, known: true });
    assert.deepEqual(standardUnit('', 'temperature'), { unit: 'None', factor: 1, known: true });
  });

  it('turns a ratio named utilization into Percent, and no other ratio', () => {
    assert.deepEqual(standardUnit('1', 'process.cpu.utilization'), { unit: 'Percent', factor: 100, known: true });
    for (const name of ['utilization', 'cpu_utilization', 'cpu.utilization.max', 'cpu.utilizations'])
      assert.equal(standardUnit('1', name).unit, 'None', name);
    assert.deepEqual(standardUnit('1', 'cache.hit.ratio'), { unit: 'None', factor: 1, known: true });
    assert.deepEqual(standardUnit('%', 'process.cpu.utilization'), { unit: 'Percent', factor: 1, known: true });
  });
});
