import { createHmac, sign } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { HmacJwsAlg } from './jws-algorithms.ts';
import type { SigningKey } from './key-set.ts';

/** Where RSA signatures are made: in the thread pool, in batches on the main thread, or whichever suits the machine. */
export type RsaSigning = 'auto' | 'pool' | 'batch';

/** Signs JWTs in compact serialisation (RFC 7515). */
export interface Signer {
  /** `claims` is JSON text. `typ` becomes a header member when given. Rejects when the key cannot sign. */
  sign(key: SigningKey, claims: string, typ?: string): Promise<string>;
}

interface Job {
  readonly key: SigningKey;
  readonly input: string;
  readonly resolve: (jwt: string) => void;
  readonly reject: (reason: unknown) => void;
}

/** RSA signatures in a row before the loop may breathe: eight are some 2 ms. */
const rsaBatch = 8;
/** The cheap algorithms are bounded too, at about the same time. */
const fastBatch = 64;

/**
 * A signer that collects the signatures of one event loop turn and makes them in a row. Signing interleaved with the rest
 * of a request runs at half speed, since each evicts the other from the processor's caches; alone, a signature waits no
 * longer than the end of the current turn.
 */
export function createSigner(rsaSigning: RsaSigning = 'auto'): Signer {
  const rsaInPool = rsaSigning === 'pool' || (rsaSigning === 'auto' && availableParallelism() > 1);
  const fast: Job[] = [];
  const slow: Job[] = [];
  let scheduled = false;

  const flush = () => {
    scheduled = false;
    for (const job of fast.splice(0, fastBatch)) signNow(job);
    for (const job of slow.splice(0, rsaBatch)) signNow(job);
    if (fast.length > 0 || slow.length > 0) schedule();
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };

  return {
    sign(key, claims, typ) {
      const input = `${key.header(typ)}.${Buffer.from(claims, 'utf8').toString('base64url')}`;
      return new Promise((resolve, reject) => {
        const job: Job = { key, input, resolve, reject };
        if (key.rsa && rsaInPool) return signInPool(job);
        (key.rsa ? slow : fast).push(job);
        schedule();
      });
    },
  };
}

function signNow(job: Job): void {
  try {
    const signature = sign(job.key.digest, Buffer.from(job.input, 'latin1'), job.key.signInput);
    job.resolve(`${job.input}.${signature.toString('base64url')}`);
  } catch (error) {
    job.reject(error);
  }
}

function signInPool(job: Job): void {
  sign(job.key.digest, Buffer.from(job.input, 'latin1'), job.key.signInput, (error, signature) => {
    if (error) job.reject(error);
    else job.resolve(`${job.input}.${signature.toString('base64url')}`);
  });
}

/** A JWT under an HMAC with the octets of `secret` (RFC 7518, section 3.2). */
export function signWithSecret(alg: HmacJwsAlg, secret: string, claims: string, typ?: string): string {
  const header = JSON.stringify(typ === undefined ? { alg } : { alg, typ });
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims, 'utf8').toString('base64url')}`;
  const mac = createHmac(`sha${alg.slice(2)}`, secret)
    .update(input)
    .digest('base64url');
  return `${input}.${mac}`;
}

/** An unsecured JWT (RFC 7519, section 6). */
export function unsecuredJwt(claims: string): string {
  const header = Buffer.from('{"alg":"none"}').toString('base64url');
  return `${header}.${Buffer.from(claims, 'utf8').toString('base64url')}.`;
}
