import { readFileSync } from 'node:fs';
import { type Attributes, context, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { environment } from '../../config/environment.js';
import { detectPlatform } from '../../resource/detect.js';
import { fetchText } from '../../resource/metadata-request.js';
import { recognisePlatform } from '../../resource/platform.js';
import { withDetected } from '../../resource/resource.js';
import type { TaskLimits, WorkerOptions } from '../../wire/messages.js';
import { profileRegion } from './profile-region.js';

export interface Surroundings {
  attributes: Attributes;
  region: string | undefined;
  limits: TaskLimits[];
}

/** What only metadata services and the AWS configuration files know, within one limit of time. Never rejects. */
export async function detectSurroundings({
  configuration,
  resource,
}: Pick<WorkerOptions, 'configuration' | 'resource'>): Promise<Surroundings> {
  const env = environment();
  const readFile = (path: string) => readFileSync(path, 'utf8');
  // Where no worker can be had, this runs in the application's thread, whose calls are traced.
  const detection = await context.with(suppressTracing(ROOT_CONTEXT), () =>
    detectPlatform({ platform: recognisePlatform(env, readFile), env, fetch: fetchText, readFile }),
  );
  if (detection.failure) diag.warn(`metadata of the platform is incomplete: ${detection.failure}`);
  const { aws } = configuration;
  return {
    attributes: withDetected(resource, detection.attributes),
    region: aws.region ?? (await profileRegion(aws.profile)) ?? detection.region,
    limits: detection.limits,
  };
}
