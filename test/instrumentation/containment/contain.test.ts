import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { InstrumentationBase, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { contain } from '../../../src/instrumentation/containment/contain.js';

const MODULE = 'library-of-no-one';

class Failing extends InstrumentationBase {
  constructor() {
    super('failing', '1', {});
  }
  protected override init(): InstrumentationNodeModuleDefinition {
    return new InstrumentationNodeModuleDefinition(MODULE, ['>=1.0.0 <3'], (exports) => {
      this._wrap(exports, 'none', () => () => undefined);
      this._wrap(exports, 'method', (original: () => unknown) => () => {
        throw new TypeError(`before ${original.name}`);
      });
      if (exports.broken) throw new RangeError('of the patch');
      return exports;
    });
  }
}

describe('a contained instrumentation', () => {
  let problems: string[];
  let warnings: string[];
  let folder: string;
  /** Loads the module in that version. */
  let load: (exports: object, version?: string) => unknown;

  beforeEach(() => {
    problems = [];
    warnings = [];
    const keep = (text: string): void => void warnings.push(text);
    diag.setLogger(
      { verbose() {}, debug() {}, info() {}, warn: keep, error: keep },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    folder = mkdtempSync(join(tmpdir(), 'contain-'));
    const failing = new Failing();
    contain(failing, { name: 'failing', onProblem: (text) => problems.push(text) });
    const [definition] = failing.getModuleDefinitions();
    const { _onRequire: onRequire } = failing as unknown as Record<string, (...args: unknown[]) => unknown>;
    load = (exports, version) => {
      if (version !== undefined) writeFileSync(join(folder, 'package.json'), JSON.stringify({ version }));
      return onRequire?.call(failing, definition, exports, MODULE, folder);
    };
  });
  afterEach(() => {
    diag.disable();
    rmSync(folder, { recursive: true });
  });

  it('fails for itself, and says so once for each method', () => {
    const exports = { method: () => 'original' };
    assert.equal(load(exports, '1.0.0'), exports);
    assert.deepEqual([exports.method(), exports.method()], ['original', 'original']);
    assert.deepEqual(problems, ['the instrumentation "failing" failed in method and was bypassed: TypeError']);
  });

  it('leaves a module as it is whose patch fails', () => {
    const exports = { method: () => 'original', broken: true };
    assert.equal(load(exports, '1.0.0'), exports);
    assert.deepEqual(problems, [
      `the instrumentation "failing" failed in patching ${MODULE} and was bypassed: RangeError`,
    ]);
  });

  it('says once that a version is newer than those it covers', () => {
    load({}, '2.99.0');
    assert.deepEqual(problems, []);
    load({}, '3.0.0');
    load({}, '4.0.0');
    assert.deepEqual(problems, [`${MODULE} 3.0.0 is not covered by the instrumentation "failing": no spans of it`]);
  });

  it('is silent about a folder that is no package', () => {
    load({});
    assert.deepEqual([problems, warnings], [[], []]);
  });
});
