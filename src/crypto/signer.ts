import { createHmac } from 'node:crypto';
import type { HmacJwsAlg } from './jws-algorithms.ts';
import type { LoopSigningKey, SigningKey } from './signing-key.ts';

/** Signs JWTs in compact serialisation (RFC 7515). */
export interface Signer {
  /** `claims` is JSON text. `typ` becomes a header member when given. Rejects when the key cannot sign. */
  sign(key: SigningKey, claims: string, typ?: string): Promise<string>;
}

interface Job {
  readonly key: LoopSigningKey;
  readonly input: string;
  readonly resolve: (jwt: string) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A signing service that only schedules: the keys sign themselves. The signatures of one event loop turn that are made on the
 * main thread are collected and made in a row, so many of a kind as the key allows. Signing interleaved with the rest of a
 * request runs at half speed, since each evicts the other from the processor's caches. While more of them come with each turn,
 * and no batch is full, they wait for one another; alone, a signature waits for one turn. Keys that sign elsewhere are asked at once.
 */
export function createSigner(): Signer {
  /** By the size of their batches; the cheap ones, with the large batches, go first. */
  const queues: { readonly perTurn: number; readonly jobs: Job[] }[] = [];
  let scheduled = false;
  /** Jobs that were there at the end of the last turn, and were left to wait. */
  let waited = 0;

  const queueOf = (perTurn: number): Job[] => {
    const found = queues.find((queue) => queue.perTurn === perTurn);
    if (found) return found.jobs;
    const jobs: Job[] = [];
    queues.push({ perTurn, jobs });
    queues.sort((a, b) => b.perTurn - a.perTurn);
    return jobs;
  };
  const flush = () => {
    scheduled = false;
    const waiting = queues.reduce((sum, { jobs }) => sum + jobs.length, 0);
    const full = queues.some(({ perTurn, jobs }) => jobs.length >= perTurn);
    if (waiting > waited && !full) {
      waited = waiting;
      return schedule();
    }
    waited = 0;
    let left = false;
    for (const { perTurn, jobs } of queues) {
      for (const job of jobs.splice(0, perTurn)) signNow(job);
      left ||= jobs.length > 0;
    }
    if (left) schedule();
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };

  return {
    sign(key, claims, typ) {
      const input = `${key.header(typ)}.${Buffer.from(claims, 'utf8').toString('base64url')}`;
      if (key.place === 'away') {
        return key.sign(Buffer.from(input, 'latin1')).then((signature) => compact(input, signature));
      }
      return new Promise((resolve, reject) => {
        queueOf(key.perTurn).push({ key, input, resolve, reject });
        schedule();
      });
    },
  };
}

function signNow({ key, input, resolve, reject }: Job): void {
  try {
    resolve(compact(input, key.sign(Buffer.from(input, 'latin1'))));
  } catch (error) {
    reject(error);
  }
}

function compact(input: string, signature: Buffer): string {
  return `${input}.${signature.toString('base64url')}`;
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
