import type { Check, Verdict } from '../../../src/cli/doctor/check.js';
import type { CheckContext, DoctorOptions } from '../../../src/cli/doctor/context.js';
import { readConfiguration } from '../../../src/config/read.js';
import { nameDestinations } from '../../../src/resource/destination-names.js';

export const OPTIONS: DoctorOptions = { offline: false, writeProbe: false, wait: 0, cloudTrail: false };

/** A context in which nothing can be asked, of the settings given. */
export function contextOf(env: Record<string, string> = {}, more: Partial<CheckContext> = {}): CheckContext {
  const reading = readConfiguration(env);
  const never = () => Promise.reject(new Error('nothing is asked in this test'));
  return {
    options: OPTIONS,
    env,
    reading,
    configuration: nameDestinations(reading.configuration, { name: 'shop' }),
    service: { name: 'shop', nameFrom: 'settings' },
    platform: { name: 'generic', attributes: {} },
    attributes: { 'service.name': 'shop', 'deployment.environment.name': 'generic:default' },
    shellCredentialsSource: 'environment variables',
    nodeVersion: '24.1.0',
    whose: 'this shell',
    limits: () => ({ memory: { bytes: 2 ** 30, source: 'cgroup' }, cpu: { cpus: 1, source: 'cgroup' } }),
    readFile: () => {
      throw new Error('no file');
    },
    now: () => Date.UTC(2026, 10, 25),
    region: never,
    credentials: never,
    reach: never,
    reachCollector: never,
    call: never,
    resolves: never,
    ...more,
  };
}

export function check(id: string, run: () => Promise<Verdict> | Verdict, more: Partial<Check> = {}): Check {
  const about = { title: `title of ${id}`, about: '', troubles: [{ cause: 'c', remedy: 'r' }] };
  return { id, ...about, needs: [], reaches: 'offline', run, ...more };
}
