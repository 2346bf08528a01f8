import assert from 'node:assert/strict';
import { readConfiguration } from '../../src/config/read.js';
import { editorLink } from '../../src/studio/page/editor.js';

const CODE = 'vscode://file/{file}:{line}:{column}';

describe('the link of a frame to the editor', () => {
  for (const [template, place, expected] of [
    [CODE, '/app/src/order.ts:12:7', 'vscode://file/app/src/order.ts:12:7'],
    [CODE, 'file:///app/a b#1.mjs:1:2', 'vscode://file/app/a%20b%231.mjs:1:2'],
    [CODE, 'C:\\shop\\order.js:3:4', 'vscode://file/C:/shop/order.js:3:4'],
    ['idea://open?file={file}&line={line}', '/app/a.js:5:6', 'idea://open?file=/app/a.js&line=5'],
  ] as const) {
    it(`${place} by ${template} is ${expected}`, () => assert.equal(editorLink(template, place), expected));
  }

  for (const place of ['node:internal/process:1:2', '<anonymous>', 'javascript:alert(1):1:2', 'order.js:1:2', '']) {
    it(`is none for "${place}"`, () => assert.equal(editorLink(CODE, place), undefined));
  }

  it('puts nothing of a file name into another part', () => {
    assert.equal(editorLink(CODE, '/a/{line}"onclick=x:1:2'), 'vscode://file/a/%7Bline%7D%22onclick=x:1:2');
  });
});

describe('MONITORING_EDITOR', () => {
  const editorOf = (given: string) => readConfiguration({ MONITORING_EDITOR: given });

  for (const given of ['cursor://file/{file}:{line}', 'http://localhost:63342/api/file/{file}:{line}']) {
    it(`takes ${given}`, () => assert.equal(editorOf(given).configuration.editor, given));
  }

  for (const given of [
    'javascript:alert(1)//{file}',
    'https://example.com/{file}',
    'vscode://file/',
    'data:text/html,{file}',
  ]) {
    it(`refuses ${given} with one line, and keeps VS Code`, () => {
      const { configuration, problems } = editorOf(given);
      assert.equal(configuration.editor, CODE);
      assert.equal(problems.filter(({ key }) => key === 'MONITORING_EDITOR').length, 1);
    });
  }
});
