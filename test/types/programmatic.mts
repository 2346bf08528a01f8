/** What a TypeScript application sees of `@org/monitoring`: compiled against the declarations in dist, never run. */
import { captureError, flush, runJob, type StartOptions, shutdown, start } from '@org/monitoring';
import { expectTypeOf } from 'expect-type';
import '@org/monitoring/register';

expectTypeOf<StartOptions>().toEqualTypeOf<{ settings?: Record<string, string> }>();
expectTypeOf(start).toEqualTypeOf<(options?: StartOptions) => void>();
expectTypeOf(captureError).toEqualTypeOf<(error: unknown, context?: Record<string, unknown>) => boolean>();
expectTypeOf(runJob('job', () => 7)).toEqualTypeOf<number>();
expectTypeOf(runJob('job', async () => 'x')).toEqualTypeOf<Promise<string>>();
expectTypeOf(flush).toEqualTypeOf<(timeout?: number) => Promise<boolean>>();
expectTypeOf(shutdown).toEqualTypeOf<() => Promise<void>>();
