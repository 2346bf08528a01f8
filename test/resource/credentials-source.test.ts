import assert from 'node:assert/strict';
import { findCredentialsSource } from '../../src/resource/credentials-source.js';
import { fileSystem } from './files.js';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalr' };
const CREDENTIALS = '/home/me/.aws/credentials';
const CONFIG = '/home/me/.aws/config';
const STATIC = 'aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key=wJalr\n';

function describeSource(env: Record<string, string>, files: Record<string, string> = {}, onInstance = false): string {
  const { description: source, hasKeys } = findCredentialsSource(
    { HOME: '/home/me', ...env },
    { onInstance, readFile: fileSystem(files).readFile },
  );
  assert.equal(hasKeys, /^environment variables$|^profile "[^"]*" \([^,]*\)$/.test(source));
  assert.doesNotMatch(source, /wJalr|AKIDEXAMPLE/);
  return source;
}

describe('findCredentialsSource', () => {
  const CASES: [string, Record<string, string>, Record<string, string>, boolean, string][] = [
    ['keys in the environment', KEYS, {}, true, 'environment variables'],
    ['no trace of any', {}, {}, false, 'no keys, profile or role'],
    ['an instance', {}, {}, true, 'instance role'],
    ['an instance that may not be asked', { AWS_EC2_METADATA_DISABLED: 'true' }, {}, true, 'no keys, profile or role'],
    ['a task role', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x' }, {}, true, 'container role'],
    ['Pod Identity', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/x' }, {}, false, 'container role'],
    ['a web identity', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'arn' }, {}, true, 'web identity'],
    ['a token without a role', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, {}, false, 'no keys, profile or role'],
    [
      'half a pair of keys',
      { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' },
      {},
      false,
      'no keys, profile or role: AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY',
    ],
    [
      'the default profile',
      {},
      { [CREDENTIALS]: `[default]\n${STATIC}` },
      true,
      'profile "default" (~/.aws/credentials)',
    ],
    [
      'a profile',
      { AWS_PROFILE: 'shop' },
      { [CREDENTIALS]: `[shop]\n${STATIC}` },
      false,
      'profile "shop" (~/.aws/credentials)',
    ],
    [
      'a profile beside keys',
      { ...KEYS, AWS_PROFILE: 'shop' },
      { [CREDENTIALS]: `[shop]\n${STATIC}` },
      false,
      'profile "shop" (~/.aws/credentials)',
    ],
    [
      'an SSO profile',
      { AWS_PROFILE: 'a b' },
      { [CONFIG]: '[profile "a b"]\nsso_session = x\n' },
      false,
      'profile "a b" (~/.aws/config, SSO)',
    ],
    [
      'a role of a profile in both files',
      { AWS_PROFILE: 'shop' },
      { [CREDENTIALS]: `[shop]\n${STATIC}`, [CONFIG]: '[profile shop]\nrole_arn=x\nsource_profile=y' },
      false,
      'profile "shop" (~/.aws/config, role)',
    ],
    [
      'a process',
      { AWS_PROFILE: 'shop' },
      { [CONFIG]: '[profile shop]\ncredential_process = x' },
      false,
      'profile "shop" (~/.aws/config, process)',
    ],
    [
      'files elsewhere',
      { AWS_PROFILE: 'shop', AWS_SHARED_CREDENTIALS_FILE: '/run/aws' },
      { '/run/aws': `[shop]\r\n${STATIC}` },
      false,
      'profile "shop" (/run/aws)',
    ],
    [
      'a missing profile',
      { AWS_PROFILE: 'sh.p' },
      { [CREDENTIALS]: `[shop]\n${STATIC}`, [CONFIG]: '[profile shop2]\nsso_session=x' },
      false,
      'no keys, profile or role: profile "sh.p" is not in ~/.aws/credentials or ~/.aws/config',
    ],
    [
      'a missing profile on an instance, beside keys',
      { ...KEYS, AWS_PROFILE: 'shop' },
      {},
      true,
      'instance role (profile "shop" is not in ~/.aws/credentials or ~/.aws/config; the keys in the environment are not used beside AWS_PROFILE)',
    ],
    [
      'a profile with a region alone',
      { AWS_PROFILE: 'shop' },
      { [CONFIG]: '[profile shop]\nregion = us-west-2\n[profile other]\nsso_session = x' },
      false,
      'no keys, profile or role: profile "shop" in ~/.aws/config has no credentials',
    ],
    [
      'a config section without the word profile',
      { AWS_PROFILE: 'shop' },
      { [CONFIG]: '[shop]\nsso_session=x' },
      false,
      'no keys, profile or role: profile "shop" is not in ~/.aws/credentials or ~/.aws/config',
    ],
  ];
  for (const [what, env, files, onInstance, expected] of CASES) {
    it(`${what}: ${expected}`, () => {
      assert.equal(describeSource(env, files, onInstance), expected);
    });
  }

  it('takes a profile from the configuration and a home directory from the caller', () => {
    const { readFile } = fileSystem({ '/root/.aws/credentials': `[shop]\n${STATIC}` });
    const options = { profile: 'shop', home: '/root', onInstance: false, readFile };
    assert.equal(findCredentialsSource({}, options).description, 'profile "shop" (~/.aws/credentials)');
  });

  it('asks for no file when the environment decides', () => {
    const files = fileSystem({});
    findCredentialsSource(KEYS, { onInstance: false, readFile: files.readFile });
    assert.deepEqual(files.reads, []);
  });
});
