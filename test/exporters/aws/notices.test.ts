import assert from 'node:assert/strict';
import { Notices } from '../../../exporters/aws/notices.js';

describe('Notices', () => {
  function listen() {
    const lines: string[] = [];
    const time = { now: 0 };
    const notices = new Notices(
      'exporter',
      () => time.now,
      (line) => lines.push(line),
    );
    return { lines, time, notices };
  }

  it('says each kind at most once a minute, and then how often it was not said', () => {
    const { lines, time, notices } = listen();
    notices.warn('retry', 'first');
    time.now = 59_999;
    notices.warn('retry', 'second');
    notices.warn('denied', 'other');
    time.now = 60_000;
    notices.warn('retry', 'third');
    assert.deepEqual(lines, ['exporter: first', 'exporter: other', 'exporter: third (and 1 more times since)']);
  });

  it('keeps to one line', () => {
    const { lines, notices } = listen();
    notices.warn('retry', 'a\n    at b\r\nc');
    assert.deepEqual(lines, ['exporter: a at b c']);
  });
});
