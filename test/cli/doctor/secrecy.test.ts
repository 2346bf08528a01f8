import assert from 'node:assert/strict';
import { FORMATS } from '../../../src/cli/doctor/format-names.js';
import { render } from '../../../src/cli/doctor/render.js';
import { Secrets } from '../../../src/cli/doctor/secrets.js';
import { createTerminal } from '../../../src/cli/terminal.js';
import { doctorStage } from './stage.js';

const terminal = createTerminal({ write: () => {} }, { write: () => {} }, {});

describe('no secret is printed', () => {
  const { diagnose, front, textOf } = doctorStage();

  it('in any format, whether it stands in the environment, in a file, in a script or in what AWS answers', async () => {
    const url = await front((incoming, outgoing, pass) => {
      if (incoming.method === 'GET') return pass();
      // The worst that a proxy may do: answer with what it was sent.
      const { authorization, 'x-amz-security-token': token } = incoming.headers;
      const message = `denied for planted-secret-key, token ${token}, ${authorization}; "planted/session+token=="`;
      outgoing
        .writeHead(403, { 'content-type': 'application/json' })
        .end(JSON.stringify({ __type: 'AccessDenied', message }));
    });
    const report = await diagnose({
      env: {
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: 'AKIAPLANTED1234567',
        AWS_SECRET_ACCESS_KEY: 'planted-secret-key',
        AWS_SESSION_TOKEN: 'planted/session+token==',
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=planted-otlp-key,authorization=Bearer%20planted-otlp-bearer',
        SHOP_API_KEY: 'planted-api-key',
        DATABASE_URL: 'postgres://shop:planted-database-word@db/shop',
        HTTPS_PROXY: 'http://user:planted-proxy-word@proxy:3128',
        MONITORING_SECRET_OF_MINE: 'planted-unknown-setting',
        MONITORING_MAX_SERIES: 'AKIAPLANTED1234567',
        NODE_OPTIONS: '--require dd-trace/init --title=planted-api-key',
      },
      files: {
        'package.json':
          '{"name":"shop","scripts":{"start":"SHOP_TOKEN=planted-script-token node -r dd-trace/init app.js"}}',
        '.aws/credentials':
          '[default]\naws_access_key_id = AKIAPLANTEDINFILE\naws_secret_access_key = planted-file-secret\n',
      },
    });
    assert.match(textOf(report, 'MON-CRED-003'), /denied for \[redacted\]/);
    assert.match(textOf(report, 'MON-LOAD-002'), /SHOP_TOKEN=\[redacted\]/);
    for (const format of FORMATS) {
      const text = render(report, terminal, { format, strict: false, ascii: false });
      assert.deepEqual(text.match(/.*(planted|Signature=[0-9a-f]).*/gi), null, format);
    }
  });

  it('and the path of the working directory is none', () => {
    const secrets = new Secrets({ PWD: '/srv/shop', OLDPWD: '/srv/before', MYSQL_PWD: 'planted-word' });
    assert.equal(
      secrets.scrub('/srv/shop/dist/app.js /srv/before planted-word'),
      '/srv/shop/dist/app.js /srv/before [redacted]',
    );
  });

  it('nor one that credentials are loaded with later', () => {
    const secrets = new Secrets({ A_PASSWORD: 'tiny', B_PASSWORD: 'hunter22', AWS_PROFILE: 'my-key-profile' });
    secrets.add('late-secret');
    assert.equal(
      secrets.scrub('late-secret hunter22 tiny my-key-profile'),
      '[redacted] [redacted] tiny my-key-profile',
    );
    assert.equal(secrets.scrub('a "quo\\"ted'), 'a "quo\\"ted');
  });
});
