import * as crypto from 'node:crypto';

/** Parameters of a stored password hash: Argon2id (RFC 9106) or scrypt (RFC 7914). */
export type PasswordHash =
  | {
      readonly kind: 'argon2id';
      /** Memory in KiB. */
      readonly m: number;
      /** Passes. */
      readonly t: number;
      /** Lanes. */
      readonly p: number;
      readonly salt: Buffer;
      readonly hash: Buffer;
    }
  | {
      readonly kind: 'scrypt';
      /** Base-2 logarithm of the cost. */
      readonly ln: number;
      readonly r: number;
      readonly p: number;
      readonly salt: Buffer;
      readonly hash: Buffer;
    };

const FORMS = '$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash> or $scrypt$ln=15,r=8,p=1$<salt>$<hash>';
const ARGON2ID = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function within(name: string, text: string | undefined, low: number, high: number): number {
  const value = Number(text);
  if (!(value >= low && value <= high)) {
    throw new Error(`The password hash parameter ${name} must be between ${low} and ${high}, it is ${text}`);
  }
  return value;
}

function bytes(name: string, text: string | undefined, low: number): Buffer {
  const value = Buffer.from(text ?? '', 'base64');
  if (value.length < low || value.length > 64) {
    throw new Error(`The ${name} of a password hash must have ${low} to 64 bytes in base64, this has ${value.length}`);
  }
  return value;
}

/** Reads a PHC string. Throws an `Error` for the operator that says what is wrong and never contains the hash. */
export function parsePasswordHash(phc: string): PasswordHash {
  const argon2id = ARGON2ID.exec(phc);
  if (argon2id) {
    if (typeof crypto.argon2 !== 'function') {
      throw new Error(`Argon2 hashes need Node.js 24.7 or later, this is ${process.version}: use it, or scrypt hashes`);
    }
    const [, m, t, p, salt, hash] = argon2id;
    const lanes = within('p', p, 1, 16);
    return {
      kind: 'argon2id',
      m: within('m', m, 8 * lanes, 1_048_576),
      t: within('t', t, 1, 32),
      p: lanes,
      salt: bytes('salt', salt, 8),
      hash: bytes('hash', hash, 16),
    };
  }
  const scrypt = SCRYPT.exec(phc);
  if (scrypt) {
    const [, ln, r, p, salt, hash] = scrypt;
    return {
      kind: 'scrypt',
      ln: within('ln', ln, 10, 20),
      r: within('r', r, 1, 32),
      p: within('p', p, 1, 16),
      salt: bytes('salt', salt, 8),
      hash: bytes('hash', hash, 16),
    };
  }
  throw new Error(`A password must be a hash of the form ${FORMS}; make one with "npm run hash-password"`);
}

function derive(password: string, like: PasswordHash): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const done = (error: Error | null, key: Buffer) => (error ? reject(error) : resolve(key));
  if (like.kind === 'argon2id') {
    const parameters = {
      message: password,
      nonce: like.salt,
      parallelism: like.p,
      tagLength: like.hash.length,
      memory: like.m,
      passes: like.t,
    };
    crypto.argon2('argon2id', parameters, done);
  } else {
    const N = 2 ** like.ln;
    // Node refuses to use more than maxmem; scrypt needs 128 * N * r bytes and a little for its blocks.
    const maxmem = 128 * N * like.r + 128 * like.r * like.p + 1_048_576;
    crypto.scrypt(password, like.salt, like.hash.length, { N, r: like.r, p: like.p, maxmem }, done);
  }
  return promise;
}

/** True when the password belongs to the hash. Runs in the thread pool and compares in constant time. */
export async function verifyPassword(password: string, expected: PasswordHash): Promise<boolean> {
  return crypto.timingSafeEqual(await derive(password, expected), expected.hash);
}

/** True when checking a password takes the same work with either hash. */
export function costsAlike(one: PasswordHash, other: PasswordHash): boolean {
  const cost = ({ salt: _salt, hash, ...parameters }: PasswordHash) => JSON.stringify([hash.length, parameters]);
  return cost(one) === cost(other);
}

/** A hash that no password fits and that costs as much to check: for unknown users, so that time tells nothing. */
export function unmatchableHash(like: PasswordHash): PasswordHash {
  return { ...like, salt: crypto.randomBytes(like.salt.length), hash: crypto.randomBytes(like.hash.length) };
}

/** The parameters used for new hashes: 64 MiB, 3 passes, 4 lanes (second recommendation of RFC 9106, section 4). */
export const NEW_HASH: PasswordHash = {
  kind: 'argon2id',
  m: 65_536,
  t: 3,
  p: 4,
  salt: Buffer.alloc(16),
  hash: Buffer.alloc(32),
};

/** Hashes a password with a fresh salt; a PHC string for the `password` member of a user. Argon2id, or scrypt if asked. */
export async function hashPassword(password: string, kind: 'argon2id' | 'scrypt' = 'argon2id'): Promise<string> {
  const salt = crypto.randomBytes(16);
  const base64 = (value: Buffer) => value.toString('base64').replaceAll('=', '');
  if (kind === 'scrypt') {
    const hash = await derive(password, { kind, ln: 15, r: 8, p: 1, salt, hash: Buffer.alloc(32) });
    return `$scrypt$ln=15,r=8,p=1$${base64(salt)}$${base64(hash)}`;
  }
  const hash = await derive(password, { ...NEW_HASH, salt });
  return `$argon2id$v=19$m=65536,t=3,p=4$${base64(salt)}$${base64(hash)}`;
}
