import { createHmac, randomBytes } from 'node:crypto';
import { sameBytes } from '../../kit/src/random-token.ts';

/** Tokens that prove that a form was rendered for the browser that sends it. */
export interface FormTokens {
  issue(sessionId: string): string;
  verify(sessionId: string, token: string | null): boolean;
}

/** Form tokens as HMAC-SHA256 of the session identifier under a key of this process, so that rendering needs no memory. */
export function createFormTokens(): FormTokens {
  const key = randomBytes(32);
  const mac = (sessionId: string) => createHmac('sha256', key).update(sessionId).digest();
  return {
    issue: (sessionId) => mac(sessionId).toString('base64url'),
    verify(sessionId, token) {
      return sameBytes(Buffer.from(token ?? '', 'base64url'), mac(sessionId));
    },
  };
}
