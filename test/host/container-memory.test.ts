import assert from 'node:assert/strict';
import { ContainerMemory } from '../../src/host/container-memory.js';
import { Clock, GIB, MIB, Root } from './fixture.js';
import { type Files, nested, service } from './layouts.js';

describe("a container's memory beside its limit", () => {
  const open: { close(): void; remove(): void }[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) {
      each.close();
      each.remove();
    }
  });

  function watch(files: Files, environment: Record<string, string> = {}) {
    const [root, clock] = [new Root(files), new Clock()];
    const memory = new ContainerMemory({ environment, root: root.path, now: clock.now });
    open.push({ close: () => memory.close(), remove: () => root.remove() });
    return { memory, root, clock };
  }

  it('is read beside the lowest limit above it', () => {
    assert.deepEqual(watch(nested).memory.read(), { used: 256 * MIB, limit: GIB });
  });

  it('is told of no process that only the machine limits', () => {
    assert.equal(watch(service).memory.read(), undefined);
  });

  it('is told beside a limit that no file tells, once it is known', () => {
    const { memory } = watch({
      ...nested,
      '/sys/fs/cgroup/kubepods.slice/pod1/memory.max': 'max',
      '/sys/fs/cgroup/kubepods.slice/memory.max': 'max',
    });
    assert.equal(memory.read(), undefined);
    memory.useClaims([{ source: 'ecs-task', memoryBytes: 512 * MIB }]);
    assert.deepEqual(memory.read(), { used: 256 * MIB, limit: 512 * MIB });
  });

  it('is read anew each time, its limit once a minute', () => {
    const { memory, root, clock } = watch(nested);
    memory.read();
    root.write('/sys/fs/cgroup/kubepods.slice/pod1/app/memory.current', 300 * MIB);
    root.write('/sys/fs/cgroup/kubepods.slice/pod1/memory.max', 2 * GIB);
    clock.pass(59_999);
    assert.deepEqual(memory.read(), { used: 300 * MIB, limit: GIB });
    clock.pass(1);
    assert.deepEqual(memory.read(), { used: 300 * MIB, limit: 2 * GIB });
  });

  it('is that of the function in Lambda', () => {
    const { memory } = watch(service, { AWS_LAMBDA_FUNCTION_NAME: 'f', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256' });
    assert.equal(memory.read()?.limit, 256 * MIB);
  });
});
