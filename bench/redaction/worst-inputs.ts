// The inputs that take longest for each part of the redactor: a unit that is repeated, and what stands before the first and after the last.
export interface WorstInput {
  readonly name: string;
  readonly unit: string;
  readonly before?: string;
  readonly after?: string;
}

export const WORST_INPUTS: readonly WorstInput[] = [
  { name: 'characters of a name', unit: 'a' },
  { name: 'names without values', unit: 'password=' },
  { name: 'names in JSON', unit: 'name: "token"' },
  { name: 'names and labels', unit: `path: ['password'` },
  { name: 'phrases', unit: 'secret key: ' },
  { name: 'backslashes behind a name', before: 'password: x ', unit: '\\' },
  { name: 'backslashes in a value', before: 'password:', unit: '\\' },
  { name: 'backslashes in a statement', before: "insert into a values ('", unit: '\\' },
  { name: 'escaped quotes in a statement', before: 'insert into a values (', unit: "'\\" },
  { name: 'open brackets', before: 'password: ', unit: '[' },
  { name: 'names with open brackets', unit: 'password:[' },
  { name: 'names in one line of values', unit: 'password=a,b=' },
  { name: 'headers in quotes', unit: '"cookie: ' },
  { name: 'headers in apostrophes', unit: "'cookie: " },
  { name: 'headers that open quotes', unit: 'authorization: "' },
  { name: 'sessions in a query', unit: '&session=' },
  { name: 'pairs of a query', unit: 'a=b;c=d&' },
  { name: 'encoded separators', unit: '%3D' },
  { name: 'encoded letters', unit: '%2541' },
  { name: 'digits', unit: '4' },
  { name: 'groups of one digit', unit: '4 ' },
  { name: 'groups of four digits', unit: '4111 ' },
  { name: 'groups of zeros beside a card', unit: 'card 0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-' },
  { name: 'beginnings of JSON web tokens', unit: 'eyJaaaaaaaa-' },
  { name: 'beginnings of private keys', unit: '-----BEGIN PRIVATE KEY-----' },
  { name: 'beginnings of tokens', unit: 'SG.aaaaaaaaaaaaaaaaaaaa.' },
  { name: 'one token without end', before: 'SG.', unit: 'a' },
  { name: 'beginnings of hashes', unit: '$argon2id$' },
  { name: 'words as issuers write them', unit: 'aaaaaaaaaaaaaa.' },
  { name: 'schemes of URLs', unit: '://a' },
  { name: 'URLs with a password', unit: 'postgres://a:b' },
  { name: 'one URL without end', before: 'postgres://a:b@', unit: '/?a=' },
  { name: 'webhooks', unit: 'hooks.slack.com/services/aaaaaaaa/' },
  { name: 'spaces', unit: ' ' },
  { name: 'spaces behind names', unit: 'token    ' },
  { name: 'schemes of credentials', unit: 'Bearer ' },
  { name: 'elements', unit: '<password ' },
  { name: 'elements with text', unit: '<a>b' },
  { name: 'flags', unit: '--password ' },
  { name: 'commands', unit: 'docker -p ' },
  { name: 'commands of Redis', unit: '235 AUTH ' },
  { name: 'fields of a form', unit: 'name="a"\\n' },
  { name: 'quotes', unit: 'token:"' },
  { name: 'pairs of strings', unit: '"token",\n' },
  { name: 'base64', unit: 'aB3/' },
  { name: 'beginnings of statements', unit: 'select a ' },
  { name: 'statements', unit: 'select a from b;' },
  { name: 'comments', before: 'select 1 from a ', unit: '/*' },
  { name: 'dollar quotes', before: 'select 1 from a ', unit: '$a$b$' },
  { name: 'names in double quotes', before: 'select 1 from a ', unit: '"a".' },
  { name: 'details of a constraint', unit: 'Key (' },
  { name: 'columns of a constraint', unit: 'Key ()=(' },
  { name: 'rows of a constraint', unit: 'Failing row contains (' },
  { name: 'entries of a constraint', unit: "Duplicate entry '" },
  { name: 'entries and keys', unit: "Duplicate entry 'a' for key '" },
  { name: 'values in sentences', unit: 'value "a" ' },
  { name: 'fields behind values', unit: "{ value: 'a', path: 'password'" },
  { name: 'line breaks', unit: '\n' },
  { name: 'opened comments of source', unit: '/*a' },
  { name: 'opened templates of source', unit: 'a`\\' },
  { name: 'divisions of source', unit: '(/a[' },
];

export function worstInput({ before = '', unit, after = '' }: WorstInput, length: number): string {
  const rest = length - before.length - after.length;
  return before + unit.repeat(Math.ceil(rest / unit.length)).slice(0, rest) + after;
}
