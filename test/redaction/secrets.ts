/** Secrets to plant, each in the forms in which it shows itself; none is real. */

const JWT =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const AWS_SECRET = 'wJalrXUtnFEMIzK7MDENGzbPxRfiCYEXAMPLEKEY';
const PEM_BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';

/** What must not be found, and the text it is planted in. */
export interface Seed {
  name: string;
  secret: string;
  text: string;
}

export const SEEDS: readonly Seed[] = [
  { name: 'an authorization header', secret: 's3cr3t-opaque', text: 'Authorization: Custom s3cr3t-opaque' },
  { name: 'a bearer token in prose', secret: 'abc123def456', text: 'refused Bearer abc123def456 for /pay' },
  { name: 'basic credentials', secret: 'dXNlcjpodW50ZXIy', text: 'sent Basic dXNlcjpodW50ZXIy to the proxy' },
  { name: 'a cookie header', secret: 'sid-9f8e7d', text: 'cookie: theme=dark; connect.sid=sid-9f8e7d; lang=en' },
  { name: 'a set-cookie header', secret: 'c00kie-value', text: 'Set-Cookie: session=c00kie-value; HttpOnly' },
  { name: 'a password assignment', secret: 'hunter2', text: 'login failed with password=hunter2 for anna' },
  {
    name: 'a password with spaces in quotes',
    secret: 'correct horse',
    text: 'config {"db_password": "correct horse battery"}',
  },
  { name: 'a password with an escaped quote', secret: 'tail-part', text: '{"password":"a\\"tail-part","x":1}' },
  {
    name: 'a password in escaped JSON',
    secret: 'hunter3',
    text: 'body was "{\\"password\\":\\"hunter3\\",\\"a\\":1}"',
  },
  { name: 'a password in inspected form', secret: 'hunter4', text: "{ user: 'anna', dbPass: 'hunter4' }" },
  { name: 'a password in an object', secret: 'hunter5', text: 'password: { value: "x", next: "hunter5" }' },
  { name: 'a password flag', secret: 'hunter6', text: 'Command failed: mysql --user root --password hunter6 db' },
  { name: 'a password element', secret: 'hunter7', text: '<login><password>hunter7</password></login>' },
  { name: 'an encoded assignment', secret: 'hunter8', text: 'redirect=%2Fa%3Fpassword%3Dhunter8' },
  { name: 'an unclosed quoted password', secret: 'hunter9', text: 'near password="hunter9 and then' },
  { name: 'a client secret', secret: 'cs-123456', text: 'clientSecret=cs-123456' },
  { name: 'an access token in a query', secret: 'at-77', text: 'GET https://api.example/v1?access_token=at-77&page=2' },
  { name: 'an API key in a query', secret: 'k-9988', text: 'GET https://api.example/v1?page=2&key=k-9988' },
  { name: 'an OAuth code', secret: '4/0AX4', text: '/callback?code=4/0AX4&state=x' },
  {
    name: 'a signed URL',
    secret: 'fe5f80f77d5fa3beca038a248ff027',
    text: 'https://b.s3.amazonaws.com/k?X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027',
  },
  { name: 'an API key header', secret: 'xk-1', text: 'x-api-key: xk-1' },
  { name: 'a URL with a password', secret: 'pg-pass', text: 'connect postgres://app:pg-pass@db.internal:5432/app' },
  { name: 'a URL with an at sign in the password', secret: 'ss@w0rd', text: 'redis://:pa@ss@w0rd@cache:6379' },
  { name: 'a JSON web token', secret: 'dozjgNryP4J3jVmNHl0w5N', text: `jwt malformed: ${JWT}` },
  { name: 'a JSON web token in a path', secret: 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', text: `/reset/${JWT}/confirm` },
  { name: 'an AWS access key id', secret: 'AKIAIOSFODNN7EXAMPLE', text: 'The key AKIAIOSFODNN7EXAMPLE does not exist' },
  { name: 'a temporary AWS access key id', secret: 'ASIAQAAAAAAAAAAEXAMP', text: 'for ASIAQAAAAAAAAAAEXAMP.' },
  { name: 'an AWS secret key by name', secret: AWS_SECRET, text: `aws_secret_access_key = ${AWS_SECRET}` },
  { name: 'an AWS secret key alone', secret: AWS_SECRET, text: `signed with ${AWS_SECRET} in us-west-2` },
  {
    name: 'a SigV4 header',
    secret: 'AKIDEXAMPLE',
    text: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1, SignedHeaders=host, Signature=5d67',
  },
  {
    name: 'a private key',
    secret: PEM_BODY,
    text: `-----BEGIN RSA PRIVATE KEY-----\n${PEM_BODY}\n-----END RSA PRIVATE KEY-----`,
  },
  { name: 'a private key without its end', secret: PEM_BODY, text: `-----BEGIN PRIVATE KEY-----\n${PEM_BODY}` },
  { name: 'a card number', secret: '4111111111111111', text: 'card 4111111111111111 was declined' },
  { name: 'a card number in groups', secret: '5500 0000 0000 0004', text: 'card 5500 0000 0000 0004.' },
  { name: 'a card number with dashes after a number', secret: '3782-822463-10005', text: '12 3782-822463-10005' },
  {
    name: 'a GitHub token',
    secret: 'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    text: 'clone with ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  },
  { name: 'a Slack token', secret: 'xoxb-1234567890-abcdef', text: 'xoxb-1234567890-abcdef is revoked' },
  {
    name: 'a Stripe key',
    secret: 'sk_live_4eC39HqLyjWDarjtT1zdp7dc',
    text: 'No such key: sk_live_4eC39HqLyjWDarjtT1zdp7dc',
  },
  {
    name: 'a Google API key',
    secret: 'AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe',
    text: 'AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe',
  },
];
