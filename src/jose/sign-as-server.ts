import type { ServerKeys } from '../crypto/server-keys.ts';
import type { Signer } from '../crypto/signer.ts';
import type { SigningKey } from '../crypto/signing-key.ts';

/** What the server signs with. */
export interface ServerSigning {
  readonly keys: ServerKeys;
  readonly signer: Signer;
}

/** A JWT that the server shall sign. */
export interface ServerJwt {
  /** JSON text. */
  readonly claims: string;
  /** Header `typ`, if it shall have one. */
  readonly typ: string | undefined;
  /** Seconds from now until `exp`, or more. */
  readonly lifetime: number;
}

/**
 * A JWT under a current key of the server, which is published and valid for as long as the JWT lives, whatever rotations come. For
 * one that outlives what a superseded key is kept for, that is written to the key store first, and the key may be another one
 * for the same algorithm. Rejects when it cannot be signed or written.
 */
export function signAsServer(room: ServerSigning, key: SigningKey, jwt: ServerJwt): Promise<string> {
  if (jwt.lifetime > room.keys.unheldLifetime) return signHeld(room, key, jwt);
  return room.signer.sign(key, jwt.claims, jwt.typ);
}

async function signHeld({ keys, signer }: ServerSigning, { alg }: SigningKey, jwt: ServerJwt): Promise<string> {
  return signer.sign(await keys.hold(alg, jwt.lifetime), jwt.claims, jwt.typ);
}
