/** Secrets in random structures, the same for the same seed: as objects, and as the texts that programs make of them. */

import { inspect } from 'node:util';
import { generator } from './corpus/corpus.js';

export interface Planted {
  secret: string;
  /** The structure and how often it was escaped. */
  shape: string;
  text: string;
}

type Random = (limit: number) => number;

const NAMES = [
  ...[
    'password',
    'dbPassword',
    'DB_PASSWORD',
    'user.password',
    'passwd',
    'passphrase',
    'client_secret',
    'clientSecret',
  ],
  ...['apiKey', 'api_key', 'X-Api-Key', 'accessToken', 'refresh_token', 'id_token', 'authToken', 'private_key'],
  ...['secretAccessKey', 'session_token', 'csrfToken', 'webhookSecret', 'SIGNING_SECRET', 'encryptionKey'],
];
const PLAIN = ['anna', 'order 17', 'https://shop.example/a?b=1', '3.14', 'not found', 'a "quoted" word', 'C:\\shop\\a'];
const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const MAX_ESCAPES = 3;

const pick = <T>(random: Random, items: readonly T[]): T => items[random(items.length)] as T;

/** Between 10 and 33 characters, with a letter and a digit; no two are alike. `marks` are characters inside of it. */
export function makeSecret(random: Random, marks = ''): string {
  const run = (length: number) => Array.from({ length }, () => LETTERS.charAt(random(LETTERS.length))).join('');
  const mark = marks === '' ? '' : marks.charAt(random(marks.length));
  return `q${run(4 + random(12))}${mark}7${run(4 + random(12))}Z`;
}

/** The secret under its name, somewhere in an object of up to four levels. */
export function plantedObject(random: Random, secret: string): Record<string, unknown> {
  const name = pick(random, NAMES);
  const holders: (() => unknown)[] = [
    () => ({ [name]: secret }),
    () => ({ [name]: [secret, secret] }),
    () => ({ [name]: { value: secret } }),
    () => ({ name, value: secret }),
    () => [name, secret],
    () => ({ rawHeaders: ['Host', 'shop.example', 'Authorization', `Bearer ${secret}`] }),
    () => ({ headers: { host: 'shop.example', cookie: `theme=dark; sid=${secret}` } }),
    () => ({ url: `https://shop.example/cb?state=a&code=${secret}&page=2` }),
    () => ({ body: JSON.stringify({ user: 'anna', [name]: secret }) }),
    () => ({ sql: `UPDATE users SET note = '${secret}' WHERE id = 17` }),
    () => ({ dsn: `postgres://shop:${secret}@db.internal:5432/shop` }),
    () => new Map([[name, secret]]),
  ];
  let held = pick(random, holders)();
  for (let depth = random(3); depth > 0; depth--) {
    const around = { note: pick(random, PLAIN), [pick(random, ['data', 'config', 'request', 'items'])]: held };
    held = random(3) === 0 ? [pick(random, PLAIN), around] : around;
  }
  return { at: 17, held };
}

/** What programs write; `marks` are the characters that the structure can hold unescaped. */
const SHAPES: Record<string, { marks?: string; write(random: Random, secret: string): string }> = {
  json: { marks: ',;&#@ :!/', write: (random, secret) => JSON.stringify(withoutMaps(plantedObject(random, secret))) },
  inspected: {
    write: (random, secret) => inspect(plantedObject(random, secret), { depth: 9, compact: random(2) * 3 }),
  },
  assigned: { marks: '#@!/.-', write: (random, secret) => `failed with ${pick(random, NAMES)}=${secret} for anna` },
  told: {
    marks: '#@!/.-',
    write: (random, secret) => `${pick(random, PLAIN)}\n${pick(random, NAMES)}: ${secret}\nuser: anna`,
  },
  quoted: { marks: ',;&#@ :!/', write: (random, secret) => `{ ${pick(random, NAMES)}: '${secret}', user: 'anna' }` },
  flag: {
    marks: '#@!/.-',
    write: (random, secret) =>
      `Command failed: run --user anna --${pick(random, ['password', 'api-key', 'access-token'])} ${secret} db`,
  },
  exported: {
    marks: ',;&#@ :!/',
    write: (random, secret) => `export ${pick(random, ['DB_PASSWORD', 'API_KEY', 'SESSION_SECRET'])}="${secret}"`,
  },
  headers: {
    marks: '.-',
    write: (random, secret) =>
      `POST /pay HTTP/1.1\r\nHost: a\r\n${pick(random, ['Authorization: Bearer ', 'authorization: Token ', 'X-Api-Key: ', 'Cookie: theme=dark; sid=', 'set-cookie: sid='])}${secret}\r\nAccept: */*`,
  },
  query: {
    marks: '!*.-',
    write: (random, secret) =>
      `GET https://shop.example/a?x=1&${pick(random, ['access_token', 'code', 'key', 'sig', 'token', 'X-Amz-Signature', 'session'])}=${secret}&y=2 failed`,
  },
  form: { marks: '!*.-', write: (random, secret) => `user=anna&${pick(random, NAMES)}=${secret}&remember=1` },
  'user information': {
    marks: '#?!*-',
    write: (random, secret) =>
      `Invalid URL: ${pick(random, ['postgres', 'redis', 'amqp', 'mongodb+srv', 'mysql'])}://shop:${secret}@db.internal:5432/shop`,
  },
  element: {
    marks: ',;@ :!/',
    write: (random, secret) =>
      `<login><user>anna</user><${pick(random, ['password', 'wsse:Password', 'apiKey'])}>${secret}</${pick(random, ['password', 'x'])}></login>`,
  },
  literal: {
    marks: ',;&#@ :!/',
    write: (random, secret) =>
      pick(random, [
        `INSERT INTO users (mail, word) VALUES ('a@b', '${secret}')`,
        `SELECT * FROM users WHERE word = '${secret}' AND n = 1`,
        `ALTER USER shop WITH PASSWORD '${secret}'`,
        `UPDATE users SET word='${secret}' WHERE id=17`,
      ]),
  },
  detail: {
    write: (random, secret) =>
      `duplicate key value violates unique constraint: Key (${pick(random, ['api_token', 'tenant_id, access_token'])})=(${secret}) already exists.`,
  },
  validated: {
    marks: ',;&#@ :!/',
    write: (random, secret) =>
      pick(random, [
        `{ path: ['password'], received: '${secret}' }`,
        `{"param":"password","value":"${secret}"}`,
        `{"instancePath":"/password","data":"${secret}"}`,
      ]),
  },
  part: {
    marks: '#@!/.-',
    write: (_random, secret) => `--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n${secret}\r\n--b--`,
  },
};

function withoutMaps(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (Array.isArray(value)) return value.map(withoutMaps);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, withoutMaps(held)]));
}

/** @param escapes how often a logger put the text into JSON */
export function plantedText(
  random: Random,
  shape = pick(random, Object.keys(SHAPES)),
  escapes = random(MAX_ESCAPES + 1),
): Planted {
  const { marks = '', write } = SHAPES[shape] ?? { write: (_random: Random, secret: string) => secret };
  const secret = makeSecret(random, random(2) === 0 ? marks : '');
  let text = write(random, secret);
  for (let times = 0; times < escapes; times++) {
    text = random(3) === 0 ? JSON.stringify(text) : JSON.stringify({ level: 50, message: text, at: '/app/a.js:1:2' });
  }
  return { secret, shape: `${shape}, escaped ${escapes} times`, text };
}

/** Every shape, escaped as often as each number of times says, `times` times over. */
export function plantedTexts(seed: string, times: number): Planted[] {
  const random = generator(seed);
  const planted: Planted[] = [];
  for (let round = 0; round < times; round++)
    for (const shape of Object.keys(SHAPES))
      for (let escapes = 0; escapes <= MAX_ESCAPES; escapes++) planted.push(plantedText(random, shape, escapes));
  return planted;
}

/** The text, and the text as it reads without some of its backslashes and percent signs. */
export function readings(text: string): string {
  const readings = [text];
  for (let times = 0; times < MAX_ESCAPES + 1; times++)
    readings.push((readings.at(-1) ?? '').replace(/\\(["\\/])/g, '$1'));
  readings.push(
    text.replace(/%([2-7][0-9a-f])/gi, (_whole, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  );
  return readings.join('\n');
}
