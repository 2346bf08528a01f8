import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attributes, context, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { environment } from '../../config/environment.js';
import { detectPlatform } from '../../resource/detect.js';
import { fetchText } from '../../resource/metadata-request.js';
import { recognisePlatform } from '../../resource/platform.js';
import { withDetected, withEnvironment } from '../../resource/resource.js';
import type { TaskLimits, WorkerOptions } from '../../wire/messages.js';

export interface Surroundings {
  attributes: Attributes;
  region: string | undefined;
  /** Which metadata service named the region. */
  source: string;
  limits: TaskLimits[];
  /** Whether a metadata service that did not answer may answer later. */
  isIncomplete: boolean;
  /** Whether the name of the environment depends on metadata that may come later. */
  isEnvironmentOpen: boolean;
}

/** Milliseconds that all requests of a look after the first may take: nothing waits for them. */
const LATER_LIMIT = 5000;
/** Milliseconds before each look after the first; then the platform's metadata is given up. */
export const PAUSES: readonly number[] = [1000, 2000, 4000, 8000, 15_000, 30_000, 60_000, 60_000, 60_000, 60_000];

/**
 * Looks at what only metadata services know: once, within one limit of time, and again with growing pauses as long as they don't
 * answer. Never rejects.
 */
export async function* lookAround(
  options: Pick<WorkerOptions, 'resource' | 'configuration'>,
  pause: (milliseconds: number) => Promise<unknown> = (milliseconds) => sleep(milliseconds, undefined, { ref: false }),
): AsyncGenerator<Surroundings, void> {
  const first = await detectSurroundings(options);
  yield first;
  if (!first.isIncomplete) return;
  for (const milliseconds of PAUSES) {
    await pause(milliseconds);
    const later = await detectSurroundings(options, LATER_LIMIT);
    yield later;
    if (!later.isIncomplete) return;
  }
}

/** One look. Never rejects. */
export async function detectSurroundings(
  { resource, configuration }: Pick<WorkerOptions, 'resource' | 'configuration'>,
  limit?: number,
): Promise<Surroundings> {
  const env = environment();
  const readFile = (path: string) => readFileSync(path, 'utf8');
  const platform = recognisePlatform(env, readFile);
  // Where no worker can be had, this runs in the application's thread, whose calls are traced.
  const { attributes, region, source, limits, failure, isFinal } = await context.with(
    suppressTracing(ROOT_CONTEXT),
    () => detectPlatform({ platform, env, fetch: fetchText, readFile, ...(limit !== undefined && { limit }) }),
  );
  const isIncomplete = failure !== undefined && !isFinal;
  // The looks that follow would say the same.
  if (failure !== undefined && limit === undefined) {
    diag.warn(`metadata of the platform is incomplete: ${failure}${isIncomplete ? '; it is asked again' : ''}`);
  }
  const joined = withEnvironment(withDetected(resource, attributes), configuration.resourceAttributes, platform);
  // The agent of ECS answers soon; the metadata of EC2 may be closed to a container for good.
  const isEnvironmentOpen = isIncomplete && platform.name === 'ecs';
  return { attributes: joined, region, source, limits, isIncomplete, isEnvironmentOpen };
}
