import assert from 'node:assert/strict';
import { ClockSkew, CORRECTED_SKEW } from '../../../exporters/aws/clock-skew.js';

describe('clock skew', () => {
  const now = Date.UTC(2026, 10, 22, 12);
  const header = (offset: number) => new Date(now + offset).toUTCString();

  it("takes the service's time from an answer that refuses the signature", () => {
    const skew = new ClockSkew();
    assert.equal(skew.learn('InvalidSignatureException', 'Signature expired: …', header(600_000), now), true);
    assert.equal(skew.offset, 600_000);
    assert.equal(skew.correct(now).getTime(), now + 600_000);
  });

  it('goes by the message where the code says nothing', () => {
    assert.equal(new ClockSkew().learn('HttpError', 'Signature not yet current: …', header(-600_000), now), true);
  });

  it('does not blame the clock for another refusal', () => {
    const skew = new ClockSkew();
    assert.equal(skew.learn('AccessDeniedException', 'no', header(600_000), now), false);
    assert.equal(skew.offset, 0);
  });

  it('blames a difference of one minute, not one below it, and not the same one twice', () => {
    const skew = new ClockSkew();
    assert.equal(skew.learn('SignatureDoesNotMatch', '', header(59_000), now), false);
    assert.equal(skew.learn('SignatureDoesNotMatch', '', header(60_000), now), true);
    assert.equal(skew.learn('SignatureDoesNotMatch', '', header(60_000), now), false);
  });

  it('learns nothing without a date', () => {
    assert.equal(new ClockSkew().learn('RequestExpired', '', undefined, now), false);
    assert.equal(new ClockSkew().learn('RequestExpired', '', 'yesterday', now), false);
  });

  it('corrects a clock that is off by five minutes, not one below that, by any answer, and says so once', () => {
    for (const direction of [1, -1]) {
      const lines: string[] = [];
      const skew = new ClockSkew((line) => lines.push(line));
      skew.note(header(direction * (CORRECTED_SKEW - 1000)), now);
      assert.equal(skew.offset, 0);
      skew.note(header(direction * CORRECTED_SKEW), now);
      assert.equal(skew.offset, direction * CORRECTED_SKEW);
      skew.note(header(direction * 3 * 3_600_000), now);
      assert.equal(skew.offset, direction * 3 * 3_600_000);
      const where = direction < 0 ? 'ahead of' : 'behind';
      assert.deepEqual(lines, [
        `this host's clock is 5 minutes ${where} AWS's: times are corrected by that; set the clock`,
      ]);
    }
  });

  it('does not waver with the seconds that answers take', () => {
    const skew = new ClockSkew();
    skew.note(header(3_600_000), now);
    skew.note(header(3_604_000), now);
    assert.equal(skew.offset, 3_600_000);
  });

  it('corrects nothing once the clock is set right', () => {
    const skew = new ClockSkew();
    skew.note(header(3_600_000), now);
    skew.note(header(0), now);
    assert.equal(skew.offset, 0);
  });

  it('has a request signed again that was refused before the answer of another told the time', () => {
    const skew = new ClockSkew();
    skew.note(header(3_600_000), now);
    assert.equal(skew.learn('SignatureDoesNotMatch', '', header(3_600_000), now, 0), true);
    assert.equal(skew.learn('SignatureDoesNotMatch', '', header(3_600_000), now, 3_600_000), false);
  });
});
