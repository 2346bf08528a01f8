import { type Studio, type StudioOptions, startStudio } from '../../src/studio/endpoint.js';

export const REGION = 'us-west-2';
export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** Starts a studio before each test of a suite and closes it after; ask for it inside the test. */
export function runningStudio(options: () => StudioOptions = () => ({})): () => Studio {
  let studio: Studio | undefined;
  beforeEach(async () => {
    studio = await startStudio(options());
  });
  afterEach(async () => {
    await studio?.close();
    studio = undefined;
  });
  return () => {
    if (studio === undefined) throw new Error('The studio runs only inside a test.');
    return studio;
  };
}

/** What an AWS SDK client needs to talk to it; nothing comes from the environment. */
export const clientConfiguration = (studio: Studio) => ({
  endpoint: studio.url,
  region: REGION,
  credentials: CREDENTIALS,
  maxAttempts: 1,
});

export async function getJson(studio: Studio, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(studio.url + path);
  return (await response.json()) as Record<string, unknown>;
}

/** Calls an operation of X-Ray with a signature of the right form, which an endpoint without credentials takes. */
export async function callXRay(studio: Studio, path: string, body: unknown) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/${REGION}/xray/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;
  const response = await fetch(studio.url + path, {
    method: 'POST',
    headers: { authorization, 'x-amz-date': date },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
