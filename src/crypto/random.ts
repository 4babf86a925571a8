import { randomFillSync } from 'node:crypto';
import type { Random } from '../ports/random.ts';

const poolSize = 8192;

/** Secure random bytes from a pool that is refilled in one go: a twentieth of the cost of asking the kernel each time. */
export function createRandom(): Random {
  const pool = Buffer.allocUnsafeSlow(poolSize);
  let used = poolSize;
  /** Where `length` fresh bytes begin in the pool; what was handed out before must not be readable from it any more. */
  const take = (length: number): number => {
    if (used + length > poolSize) {
      randomFillSync(pool);
      used = 0;
    }
    const start = used;
    used += length;
    return start;
  };
  return {
    bytes(length) {
      if (length > poolSize) return randomFillSync(Buffer.allocUnsafeSlow(length));
      const start = take(length);
      const bytes = Buffer.from(pool.subarray(start, start + length));
      pool.fill(0, start, start + length);
      return bytes;
    },
    text(length) {
      if (length > poolSize) return randomFillSync(Buffer.allocUnsafeSlow(length)).toString('base64url');
      const start = take(length);
      const text = pool.toString('base64url', start, start + length);
      pool.fill(0, start, start + length);
      return text;
    },
  };
}
