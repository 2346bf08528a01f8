import type { MemoryNearLimit } from '../left-behind/left-behind.js';

/** Parts of the limit: at the first it is told, below the second it may be told again. */
export const NEAR = 0.9;
export const FAR = 0.8;

/** Bytes. */
export interface MemoryUse {
  used: number;
  limit: number;
}

/** Says once that memory comes near its limit, before the kernel or V8 ends the process without a word. */
export class MemoryWatch {
  private near = false;

  constructor(private readonly what: MemoryNearLimit['what']) {}

  /** What is to be told, if anything. */
  offer(use: MemoryUse | undefined, now: number): MemoryNearLimit | undefined {
    if (use === undefined || !(use.limit > 0)) return undefined;
    const part = use.used / use.limit;
    if (this.near) {
      this.near = part >= FAR;
      return undefined;
    }
    if (part < NEAR) return undefined;
    this.near = true;
    return { at: now, what: this.what, ...use };
  }
}
