import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { messageOf } from '../domain/error-message.ts';
import type { Jwk } from '../domain/jwk.ts';
import { type AsymmetricJwsAlg, asymmetricJwsAlgs, jwsAlgorithms } from './jws-algorithms.ts';

/** Where RSA signatures are made: in the thread pool, in batches on the main thread, or whichever suits the machine. */
export type RsaSigning = 'auto' | 'pool' | 'batch';

interface NamedKey {
  readonly kid: string;
  readonly alg: AsymmetricJwsAlg;
  /** The protected header, BASE64URL, with the `typ` if given. */
  header(typ?: string): string;
}

/** A key that signs on the main thread; the signing service says when. */
export interface LoopSigningKey extends NamedKey {
  readonly place: 'loop';
  /** Signatures in a row before the event loop may breathe: some 2 ms of them. */
  readonly perTurn: number;
  /** The signature over the input. Throws when there is none to be had. */
  sign(input: Buffer): Buffer;
}

/** A key that signs elsewhere: in the thread pool, or in another machine. Nothing is gained by waiting with it. */
export interface AwaySigningKey extends NamedKey {
  readonly place: 'away';
  /** The signature over the input. Rejects when there is none to be had. */
  sign(input: Buffer): Promise<Buffer>;
}

/** A key that signs JWS with one algorithm, in its own way: nothing is parsed or encoded again at a signature. */
export type SigningKey = LoopSigningKey | AwaySigningKey;

/** A public key made ready for one algorithm. */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly alg: AsymmetricJwsAlg;
  /** Whether the signature is one over the input. Never throws. */
  verify(input: Buffer, signature: Buffer): boolean;
}

/** Eight RSA signatures are some 2 ms. */
const rsaPerTurn = 8;
/** The cheap algorithms are bounded too, at about the same time. */
const fastPerTurn = 64;

const publicMembers = ['kty', 'use', 'kid', 'alg', 'crv', 'x', 'y', 'n', 'e', 'x5c'] as const;

/** The members of a JWK that may be published; anything private or unknown is left out. */
export function publicPart(jwk: Jwk): Jwk {
  const present = publicMembers.filter((member) => jwk[member] !== undefined);
  return { kty: jwk.kty, ...Object.fromEntries(present.map((member) => [member, jwk[member]])) };
}

/** Parses the public part of a JWK. Throws an `Error` naming the `kid` for a malformed or weak key. */
export function parsePublicKey(jwk: Jwk): KeyObject {
  return parsed(jwk, () => createPublicKey({ key: { ...publicPart(jwk) }, format: 'jwk' }));
}

/** Parses the private part of a JWK. Throws an `Error` naming the `kid` for a malformed or weak key. */
export function parsePrivateKey(jwk: Jwk): KeyObject {
  return parsed(jwk, () => createPrivateKey({ key: { ...jwk }, format: 'jwk' }));
}

function parsed(jwk: Jwk, parse: () => KeyObject): KeyObject {
  try {
    const key = parse();
    const bits = key.asymmetricKeyDetails?.modulusLength;
    if (bits !== undefined && bits < 2048) throw new Error(`RSA of ${bits} bits; at least 2048 are required`);
    return key;
  } catch (error) {
    throw new Error(`the key ${jwk.kid ?? '(no kid)'} cannot be used: ${messageOf(error)}`);
  }
}

/** The algorithms that a signing key of this type serves, restricted by its own `alg` when it has one. */
export function suitableAlgs(jwk: Jwk): readonly AsymmetricJwsAlg[] {
  return algsOfType(jwk).filter((alg) => jwk.alg === undefined || jwk.alg === alg);
}

function algsOfType({ kty, crv }: Jwk): readonly AsymmetricJwsAlg[] {
  return asymmetricJwsAlgs.filter((alg) => {
    const algorithm = jwsAlgorithms[alg];
    return algorithm.kty === kty && (algorithm.crv === undefined || algorithm.crv === crv);
  });
}

/** Makes a public key ready for an algorithm. */
export function verificationKeyOf(key: KeyObject, kid: string | undefined, alg: AsymmetricJwsAlg): VerificationKey {
  const { digest, options } = jwsAlgorithms[alg];
  const verifyInput = { key, ...options };
  return {
    kid,
    alg,
    verify(input, signature) {
      try {
        return verify(digest, input, verifyInput, signature);
      } catch {
        return false;
      }
    },
  };
}

/** Makes a private key ready for an algorithm. RSA signs in the thread pool where `rsaSigning` and the machine want it. */
export function signingKeyOf(
  key: KeyObject,
  kid: string,
  alg: AsymmetricJwsAlg,
  rsaSigning: RsaSigning = 'auto',
): SigningKey {
  const { kty, digest, options } = jwsAlgorithms[alg];
  const signInput = { key, ...options };
  const header = headersOf(kid, alg);
  const inPool = kty === 'RSA' && (rsaSigning === 'pool' || (rsaSigning === 'auto' && availableParallelism() > 1));
  if (!inPool) {
    const perTurn = kty === 'RSA' ? rsaPerTurn : fastPerTurn;
    return { kid, alg, header, place: 'loop', perTurn, sign: (input) => sign(digest, input, signInput) };
  }
  return {
    kid,
    alg,
    header,
    place: 'away',
    sign: (input) =>
      new Promise((resolve, reject) => {
        sign(digest, input, signInput, (error, signature) => (error ? reject(error) : resolve(signature)));
      }),
  };
}

/** Protected headers are encoded once for each `typ`. */
function headersOf(kid: string, alg: AsymmetricJwsAlg): (typ?: string) => string {
  const headers = new Map<string, string>();
  const encode = (typ: string | undefined) =>
    Buffer.from(JSON.stringify(typ === undefined ? { alg, kid } : { alg, typ, kid })).toString('base64url');
  const plain = encode(undefined);
  return (typ) => {
    if (typ === undefined) return plain;
    let header = headers.get(typ);
    if (header === undefined) {
      header = encode(typ);
      headers.set(typ, header);
    }
    return header;
  };
}

/**
 * Signs and verifies once with the key, whatever its `use`. Throws an `Error` naming the `kid` when its private and public
 * parts do not belong together. Keys of types that cannot sign are left alone.
 */
export function proveKeyPair(jwk: Jwk): void {
  const [alg] = algsOfType(jwk);
  if (alg === undefined) return;
  const { digest, options } = jwsAlgorithms[alg];
  const data = Buffer.from('proof');
  const signature = sign(digest, data, { key: parsePrivateKey(jwk), ...options });
  if (!verificationKeyOf(parsePublicKey(jwk), jwk.kid, alg).verify(data, signature)) {
    throw new Error(`the private and public parts of the key ${jwk.kid ?? '(no kid)'} (${alg}) do not belong together`);
  }
}
