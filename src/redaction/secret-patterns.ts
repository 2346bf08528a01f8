/**
 * Secrets that show by their form, wherever they stand. Every pattern begins only where a run of its own characters
 * begins, or is bounded, so that matching is linear in the text.
 */

import { replaceCardNumbers } from './card-number.js';
import { replaceBareUserInfo, replaceUserInfo } from './user-info.js';

const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g;
const BEARER = /\b(Bearer|Digest|Negotiate)([ \t]{1,4})([\w.~+/=-]{6,})/gi;
const BASIC = /\b(Basic)([ \t]{1,4})([A-Za-z0-9+/_=-]{4,})/gi;
const SIGV4 = /\b(AWS4-HMAC-SHA256)[ \t]+Credential=[^\r\n"'`\\]*/g;
const JWT = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}/g;
const AWS_KEY_ID = /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])/g;
/** 40 base64 characters; whether they are random enough is looked at afterwards. */
const AWS_SECRET = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g;
/** Bits a character: of 40 random base64 characters about 4.9, of paths and words below 4.3. */
const RANDOM_ENTROPY = 4.4;

/** Prefixes of tokens that their issuers document, and what follows; github.com/gitleaks/gitleaks (MIT) collects them. */
const ISSUED: readonly string[] = [
  'gh[pousr]_\\w{20,}',
  'github_pat_\\w{20,}',
  'gl(?:pat|ptt|dt|ft|rt|imt|agent|oas|soat|ffct|cbt)-[\\w.-]{16,}',
  'GR1348941[\\w-]{20}',
  'xox[a-z](?:\\.xox[bp])?-[\\w-]{10,}',
  'xapp-\\d-[\\w-]{20,}',
  '(?:sk|rk|pk|whsec)_(?:live_|test_|prod_)?\\w{16,}',
  'sk_[^\\s"\']{29}',
  'AIza[\\w-]{30,}',
  'ya29\\.[\\w-]{20,}',
  'npm_\\w{30,}',
  'sk-[\\w-]{20,}',
  'pplx-\\w{40,}',
  'SG\\.[\\w-]{16,}\\.[\\w-]{16,}',
  'xkeysib-[\\w-]{40,}',
  'ops_eyJ[\\w+/=]{40,}',
  'A3-[A-Z0-9]{6}-[A-Z0-9-]{26,}',
  'AGE-SECRET-KEY-1\\w{20,}',
  'pat\\w{14}\\.[0-9a-f]{64}',
  'pat\\.[\\w-]{22}\\.\\w{24}\\.\\w{20}',
  'p8e-\\w{32}',
  'LTAI\\w{20}',
  'AKCp\\w{69}',
  'cmVmd\\w{59}',
  '(?:sc|ext|scauth|authress)_\\w{5,30}\\.\\w{4,6}\\.acc[_-][a-z0-9-]{10,32}\\.[\\w+/=-]{30,}',
  'ABSK[\\w+/]{80,}=*',
  'bedrock-api-key-[\\w+/=]{30,}',
  '[\\w~.]{3}\\dQ~[\\w~.-]{31,34}',
  '4b1d[A-Za-z0-9]{38}',
  'CLOJARS_\\w{60}',
  'v1\\.0-[0-9a-f]{24}-[0-9a-f]{146}',
  'dapi[0-9a-f]{32}(?:-\\d)?',
  'do[opr]_v1_[0-9a-f]{64}',
  'dp\\.pt\\.\\w{40,}',
  'duffel_(?:test|live)_[\\w=-]{40,}',
  'dt0c01\\.\\w{24}\\.\\w{64}',
  'EZ[AT]K\\w{54}',
  'EAA[AMC]\\w{60,}',
  'FLWSECK_TEST-\\w{12,32}(?:-X)?',
  'fo1_[\\w-]{43}',
  'fm[12][ar]?_[\\w+/]{100,}=*',
  'fio-u-[\\w=-]{60,}',
  'glc_[\\w+/]{32,}=*',
  'glsa_\\w{32}_\\w{8}',
  'eyJrIjoi[\\w+/]{40,}=*',
  '\\w{14}\\.atlasv1\\.[\\w=-]{60,}',
  'HRKU-AA[\\w-]{58}',
  '(?:hf|api_org)_[A-Za-z]{34}',
  'ico-\\w{32}',
  's-s4t2(?:ud|af)-\\w{64}',
  'lin_api_\\w{40}',
  '\\w{6}_\\w{29}_mmk',
  'ntn_\\d{11}\\w{35}',
  'API-[A-Z0-9]{26}',
  'sha256~[\\w-]{43}',
  'pscale_(?:tkn|oauth|pw)_[\\w=.-]{32,}',
  'PMAK-\\w{24}-\\w{34}',
  'pnu_\\w{36}',
  'pul-[0-9a-f]{40}',
  'pypi-AgEIcHlwaS5vcmc[\\w-]{50,}',
  'rdme_\\w{70}',
  'rubygems_[0-9a-f]{48}',
  'tk-us-[\\w-]{48}',
  'sntry(?:s_eyJ[\\w+/=]{40,}|u_[0-9a-f]{64})',
  'sm_[aps]at_\\w{16}',
  'shippo_(?:live|test)_\\w{40}',
  'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}',
  'sgp_(?:\\w{16}_)?\\w{40}',
  'sq0(?:atp|csp)-[\\w-]{22,}',
  'SK[0-9a-f]{32}',
  'hv[sbr]\\.[\\w-]{24,}',
  '\\$2[abxy]?\\$\\d\\d\\$[./A-Za-z0-9]{53}',
  '\\$(?:argon2(?:id|i|d)|scrypt|pbkdf2[\\w-]*|[1567]|y|gy)\\$[\\w=,./+$-]{20,}',
  'pbkdf2_sha\\d+\\$\\d+\\$[\\w./+$=]{20,}',
  '\\{(?:SSHA|SHA|SMD5|CRYPT)\\d*\\}[\\w./+$=]{20,}',
];
/** What every token of those forms has: a long run of its characters, or the beginning of a hash. Looking for all of them takes longer. */
const MAY_BE_ISSUED = /[\w$~+=-]{15}|\$2[abxy]?\$|\{[A-Z\d]{3,8}\}|sk_/;
const ISSUED_TOKEN = new RegExp(`(?<![\\w-])(?:${ISSUED.join('|')})`, 'g');
/** Facebook's tokens have no prefix, but the id of the application, which is public, and a bar. */
const APP_TOKEN = /(?<!\d)\d{15,16}\|[\w-]{27,40}/g;
/** Addresses whose path is the secret: webhooks and bots. */
const SECRET_PATH =
  /(hooks\.slack\.com\/(?:services|workflows|triggers)\/|\.webhook\.office\.com\/webhookb2\/|api\.telegram\.org\/bot|discord(?:app)?\.com\/api\/webhooks\/)[^\s/"'<>]{8,}(?:\/[^\s"'<>?]*?(?=\/(?:get|send|set)[A-Z]|[\s"'<>?]|$))?/g;

export function redactForms(text: string, replacement: string): string {
  const urls = replaceUserInfo(text.replace(PRIVATE_KEY, replacement), replacement);
  const redacted = replaceBareUserInfo(urls, replacement)
    .replace(SIGV4, `$1 ${replacement}`)
    .replace(BEARER, (whole, scheme: string, space: string, token: string) =>
      isToken(token) ? `${scheme}${space}${replacement}` : whole,
    )
    .replace(BASIC, (whole, scheme: string, space: string, token: string) =>
      isBasicCredentials(token) ? `${scheme}${space}${replacement}` : whole,
    )
    .replace(SECRET_PATH, `$1${replacement}`);
  return replaceCardNumbers(replaceTokens(redacted, replacement), replacement);
}

function replaceTokens(text: string, replacement: string): string {
  if (!MAY_BE_ISSUED.test(text))
    return text
      .replace(JWT, replacement)
      .replace(AWS_SECRET, (candidate) => (isRandom(candidate) ? replacement : candidate));
  return text
    .replace(ISSUED_TOKEN, (token) => (isPlaceholderToken(token) ? token : replacement))
    .replace(APP_TOKEN, replacement)
    .replace(JWT, replacement)
    .replace(AWS_KEY_ID, replacement)
    .replace(AWS_SECRET, (candidate) => (isRandom(candidate) ? replacement : candidate));
}

/** `xoxb-xxxxxxxxx-xxxxxxxxxx`: documentation fills in one letter. */
function isPlaceholderToken(token: string): boolean {
  return /x{6}/i.test(token) && !/[a-wyz0-9]{6}/i.test(token.replace(/^\w{2,4}[-_]/, ''));
}

/** "Bearer authentication failed" is prose. */
function isToken(text: string): boolean {
  return text.length >= 20 || /[\d+/_~]/.test(text) || /[a-z][A-Z]/.test(text);
}

function isBasicCredentials(text: string): boolean {
  return /^[ -~]*:[ -~]*$/.test(Buffer.from(text, 'base64').toString('latin1')) || /^\w{16,}={1,2}$/.test(text);
}

function isRandom(text: string): boolean {
  return /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text) && entropy(text) > RANDOM_ENTROPY;
}

/** Shannon entropy in bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum -= (count / text.length) * Math.log2(count / text.length);
  return sum;
}
