import { matchesDigest } from '../../crypto/digest.ts';
import type { Client } from '../../domain/client.ts';
import type { RequestContext } from '../context.ts';
import { type ClientEvidence, disproved, proven, type Verification } from './client-auth-method.ts';

/** The methods that send the secret itself (RFC 6749, section 2.3.1). */
export const secretMethods: ReadonlySet<string> = new Set(['client_secret_basic', 'client_secret_post']);

/** Compared where there is nothing to compare with, so that the time does not tell. */
const noSecret = Buffer.alloc(32);

const wrong = Object.freeze(
  disproved('wrong client secret: neither the current one nor one that was replaced within 30 minutes'),
);

/** A client whose secret has ended: the answer of every method that needs one. */
export const expiredSecret: Verification = Object.freeze(
  disproved('the client secret has expired (client_secret_expires_at, op.reg.clientSecretLifetime)'),
);

/** Holds a presented secret against the current one, and against the replaced ones while they are accepted. */
export function verifySecret(ctx: RequestContext, client: Client, { credential }: ClientEvidence): Verification {
  const now = ctx.provider.clock.now();
  const current = matchesDigest(credential, client.secretDigest ?? noSecret);
  if (current && client.secretDigest) return hasExpired(client, now) ? expiredSecret : proven;
  const accepted = client.formerSecrets.filter(({ until }) => now < until);
  return accepted.some(({ digest }) => matchesDigest(credential, digest)) ? proven : wrong;
}

/** The time of a comparison, where the client is unknown or registered for another method. */
export function compareInVain({ credential }: ClientEvidence): void {
  matchesDigest(credential, noSecret);
}

/** Whether the secret of a client has ended at `now` (Unix seconds). */
export function hasExpired({ secretExpiresAt }: Client, now: number): boolean {
  return secretExpiresAt > 0 && now >= secretExpiresAt;
}
