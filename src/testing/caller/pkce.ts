import { createHash } from 'node:crypto';

const verifier = 'a-verifier-of-more-than-forty-three-characters-0123456789';

/**
 * A PKCE verifier and its S256 challenge (RFC 7636): `client.authorize({ code_challenge: pkce.challenge,
 * code_challenge_method: 'S256' })`, then `client.redeem(code, { code_verifier: pkce.verifier })`.
 */
export const pkce = { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
