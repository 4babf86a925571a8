import { createHash, createHmac } from 'node:crypto';
import { isJsonObject, type JsonObject, parseJson } from '../../kit/src/json.ts';
import { sameBytes } from '../../kit/src/random-token.ts';

/** Seals what a page needs to remember between two requests, so that several processes can share one secret and no state. */
export interface Sealer {
  /** JSON object and MAC as `base64url.base64url`. `binding` names purpose and owner, and is needed again to open it. */
  seal(binding: string, content: object): string;
  /** The sealed object; `undefined` when it was altered, or made for another binding or with another secret. */
  open(binding: string, sealed: string | undefined): JsonObject | undefined;
}

/** A {@link Sealer} with HMAC-SHA256. `secret`: at least 32 characters. */
export function createSealer(secret: string): Sealer {
  if (secret.length < 32) {
    throw new Error(`The login secret must have at least 32 characters, this one has ${secret.length} (LOGIN_SECRET)`);
  }
  const key = createHash('sha256').update(`tessera-login ${secret}`).digest();
  const mac = (binding: string, payload: string) =>
    createHmac('sha256', key).update(`${binding.length}:${binding}${payload}`).digest();

  return {
    seal(binding, content) {
      const payload = Buffer.from(JSON.stringify(content), 'utf8').toString('base64url');
      return `${payload}.${mac(binding, payload).toString('base64url')}`;
    },
    open(binding, sealed) {
      const [payload, tag, ...rest] = (sealed ?? '').split('.');
      if (payload === undefined || tag === undefined || rest.length > 0) return undefined;
      const presented = Buffer.from(tag, 'base64url');
      const expected = mac(binding, payload);
      if (!sameBytes(presented, expected)) return undefined;
      const content = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
      return isJsonObject(content) ? content : undefined;
    },
  };
}

/** A short digest (base64url, 128 bits) that lets a form refer to a session without carrying its identifier. */
export function fingerprint(value: string | undefined): string {
  return value === undefined ? '' : createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');
}

/** Equality of two short strings in constant time. */
export function sameText(a: string, b: string): boolean {
  return sameBytes(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
