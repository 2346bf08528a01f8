import assert from 'node:assert/strict';
import { errorOf } from '../../../exporters/aws/answer-error.js';
import { classify } from '../../../exporters/aws/errors.js';
import { encode } from '../otlp-aws/otlp-proto.js';

const answer = (status: number, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  errorOf({ status, headers, body: Buffer.from(body as string) });

describe('error of an answer', () => {
  it('is read from an AWS JSON error', () => {
    const error = answer(400, '{"__type":"com.amazonaws.xray#ThrottledException","message":"slow down"}');
    assert.equal(error.name, 'ThrottledException');
    assert.equal(error.message, 'slow down');
    assert.equal(classify(error).kind, 'throttled');
  });

  it('is read from the error type header', () => {
    const error = answer(403, '{"Message":"not you"}', {
      'x-amzn-errortype': 'AccessDeniedException:http://internal/',
    });
    assert.equal(error.name, 'AccessDeniedException');
    assert.equal(error.message, 'not you');
    assert.equal(classify(error).kind, 'denied');
  });

  it('is read from XML', () => {
    const error = answer(403, '<Error><Code>RequestExpired</Code><Message>too late</Message></Error>');
    assert.equal(error.name, 'RequestExpired');
    assert.equal(error.message, 'too late');
  });

  it('is read from a protobuf status', () => {
    const type = { 'content-type': 'application/x-protobuf' };
    const long = 'm'.repeat(300);
    assert.equal(answer(400, encode('Status', { code: 3, message: long }), type).message, long);
    assert.equal(answer(400, encode('Status', { message: 'x' }), type).message, 'x');
    assert.equal(answer(400, encode('Status', { code: 300 }), type).message, 'Bad Request');
    assert.equal(answer(400, new Uint8Array([0x12, 0xff]), type).status, 400);
  });

  it('is the text, shortened, where it is nothing of these', () => {
    assert.equal(answer(503, '<html>busy</html>').message, '<html>busy</html>');
    assert.equal(answer(500, '{"broken').message, '{"broken');
    assert.equal(answer(500, 'x'.repeat(10_000)).message.length, 500);
    assert.equal(answer(502, '').message, 'Bad Gateway');
  });

  for (const [status, kind] of [
    [400, 'refused'],
    [401, 'denied'],
    [403, 'denied'],
    [404, 'permanent'],
    [408, 'retry'],
    [413, 'split'],
    [429, 'throttled'],
    [500, 'retry'],
    [502, 'retry'],
    [503, 'retry'],
    [501, 'permanent'],
  ] as const) {
    it(`means ${kind} for a bare ${status}`, () => assert.equal(classify(answer(status, '')).kind, kind));
  }

  it('carries how long the service asks to wait', () => {
    assert.equal(classify(answer(429, '', { 'retry-after': '7' })).retryAfter, 7000);
  });
});
