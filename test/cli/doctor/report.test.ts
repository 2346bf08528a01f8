import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { failed, info, pass, type State, warning } from '../../../src/cli/doctor/check.js';
import { examine } from '../../../src/cli/doctor/doctor.js';
import { FORMATS } from '../../../src/cli/doctor/format-names.js';
import { render } from '../../../src/cli/doctor/render.js';
import { exitCodeOf, type Report } from '../../../src/cli/doctor/report.js';
import { Secrets } from '../../../src/cli/doctor/secrets.js';
import { createTerminal } from '../../../src/cli/terminal.js';
import { check, contextOf } from './fixture.js';

const MORE = { cause: 'a cause with <angles> & "quotes"', evidence: ['line one', 'line ` two |'], remedy: 'do this' };
const CHECKS = {
  pass: check('MON-RUN-001', () => pass('fine')),
  warning: check('MON-RUN-002', () => warning('hm', MORE)),
  failed: check('MON-RUN-003', () => failed('no\u0007 way', MORE)),
  broken: check('MON-LOAD-001', () => {
    throw new Error('defect');
  }),
  skipped: check('MON-LOAD-002', () => pass(''), { unless: () => 'not here' }),
  info: check('MON-LOAD-003', () => info('fyi')),
};
const terminal = createTerminal({ write: () => {} }, { write: () => {} }, {});

function reportOf(states: readonly State[], strict = false): Promise<Report> {
  const context = contextOf({}, { region: async () => ({ source: 'AWS_REGION', region: 'us-west-2', named: [] }) });
  const open = { context, secrets: new Secrets({}), source: 'this shell' };
  return examine(
    states.map((state) => CHECKS[state]),
    open,
    { deadline: 1000, strict },
  );
}

describe('the exit code of doctor', () => {
  const outcomes: [State[], number, number][] = [
    [['pass', 'info', 'skipped'], 0, 0],
    [['pass', 'warning'], 0, 1],
    [['pass', 'failed'], 1, 1],
    [['broken', 'pass'], 2, 2],
    [['broken', 'warning'], 2, 1],
    [['broken', 'failed'], 1, 1],
    [[], 0, 0],
  ];
  for (const [states, plain, strict] of outcomes) {
    it(`is ${plain}, with --strict ${strict}, for ${states.join(', ') || 'nothing'}`, async () => {
      const { checks } = await reportOf(states);
      assert.deepEqual([exitCodeOf(checks, false), exitCodeOf(checks, true)], [plain, strict]);
    });

    for (const format of FORMATS) {
      it(`is what ${format} says for ${states.join(', ') || 'nothing'}`, async () => {
        for (const isStrict of [false, true]) {
          const report = await reportOf(states, isStrict);
          const text = render(report, terminal, { format, strict: isStrict, ascii: false });
          assert.equal(report.exitCode, isStrict ? strict : plain);
          assert.equal(report.ok, report.exitCode === 0);
          if (format === 'json') assert.equal(JSON.parse(text).exitCode, report.exitCode);
          if (format === 'junit') {
            const failures = Number(/failures="(\d+)"/.exec(text)?.[1]);
            const errors = Number(/errors="(\d+)"/.exec(text)?.[1]);
            assert.equal(failures > 0 ? 1 : errors > 0 ? 2 : 0, report.exitCode);
          }
        }
      });
    }
  }
});

describe('the formats of doctor', () => {
  const all: State[] = ['pass', 'warning', 'failed', 'broken', 'skipped', 'info'];

  it('json is one document of the schema that is shipped', async () => {
    const schema = JSON.parse(readFileSync(join(__dirname, '../../../docs/doctor-report.schema.json'), 'utf8'));
    const validate = new Ajv2020({ strict: false }).compile(schema);
    const document: Report = JSON.parse(
      render(await reportOf(all), terminal, { format: 'json', strict: false, ascii: false }),
    );
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.ok(!validate({ ...document, more: 1 }), 'the schema refuses what it does not know');
    assert.deepEqual(document.summary, { failed: 1, broken: 1, warning: 1, pass: 1, info: 1, skipped: 1 });
    assert.ok(
      document.checks.every(({ id }) => id),
      'ids are there on pass, too',
    );
  });

  it('junit escapes what XML can not hold', async () => {
    const text = render(await reportOf(all), terminal, { format: 'junit', strict: false, ascii: false });
    assert.match(text, /message="no way"/);
    assert.match(text, /a cause with &lt;angles&gt; &amp; &quot;quotes&quot;/);
    assert.equal(text.match(/<testcase /g)?.length, 6);
    assert.equal(text.match(/<skipped /g)?.length, 1);
  });

  it('md has a table of all, and in full what is not in order', async () => {
    const text = render(await reportOf(all), terminal, { format: 'md', strict: false, ascii: false });
    assert.equal(text.match(/^\| MON-/gm)?.length, 6);
    assert.deepEqual(
      [...text.matchAll(/^### (MON-\w+-\d+)/gm)].map((match) => match[1]),
      ['MON-RUN-002', 'MON-RUN-003', 'MON-LOAD-001'],
    );
    assert.match(text, /\\<angles\\>/);
  });

  it('pretty names the id of each, and the cause, evidence and remedy of what is not in order', async () => {
    const text = render(await reportOf(all), terminal, { format: 'pretty', strict: false, ascii: false });
    for (const { id } of Object.values(CHECKS)) assert.ok(text.includes(id), id);
    assert.match(
      text,
      /✗ MON-RUN-003 {2}no. way \(this shell\)\n {6}cause {4}a cause.*\n {6}evidence line one\n {15}line ` two \|\n {6}remedy {3}do this\n {6}more {5}monitoring explain MON-RUN-003/,
    );
    assert.match(text, /1 failed, 1 without verdict, 1 warning, 1 passed, 1 for information, 1 skipped in [\d.]+ s$/);
  });

  it('pretty fits a narrow terminal, and does without symbols', async () => {
    const narrow = createTerminal(
      { write: () => {}, isTTY: true, columns: 40 },
      { write: () => {} },
      { NO_COLOR: '1' },
    );
    const text = render(await reportOf(['failed']), narrow, { format: 'pretty', strict: false, ascii: true });
    assert.match(text, /FAIL MON-RUN-003/);
    assert.ok(!/[✓✗]/.test(text), text);
    for (const line of text.split('\n').filter((each) => each.startsWith('      '))) {
      assert.ok(line.length <= 45, line);
    }
  });

  it('short shows what is not in order only', async () => {
    const text = render(await reportOf(all), terminal, { format: 'short', strict: false, ascii: false });
    assert.deepEqual(
      [...text.matchAll(/ (MON-\w+-\d+) {2}/g)].map((match) => match[1]),
      ['MON-RUN-002', 'MON-RUN-003', 'MON-LOAD-001'],
    );
  });
});

describe('an unknown id', () => {
  it('is an error that names the nearest', async () => {
    const open = { context: contextOf(), secrets: new Secrets({}), source: '' };
    await assert.rejects(
      examine([CHECKS.pass], open, { only: ['MON-RUN-011'], deadline: 10, strict: false }),
      /there is no check MON-RUN-011, perhaps MON-RUN-001/,
    );
  });
});
