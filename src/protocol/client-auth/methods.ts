import { matchesDigest } from '../../crypto/digest.ts';
import type { Client } from '../../domain/client.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { decodeComponent } from '../params/form.ts';
import type { ClientAuthMethod, ClientEvidence } from '../registry.ts';

/** HTTP Basic with form-encoded ID and secret (RFC 6749, section 2.3.1). */
export const clientSecretBasic: ClientAuthMethod = {
  name: 'client_secret_basic',
  needsSecret: true,
  find(request) {
    const header = request.headers['authorization'];
    if (typeof header !== 'string' || !/^basic /i.test(header)) return undefined;
    const encoded = header.slice(6).trim();
    // The decoder skips what is not BASE64 and stops at padding: two joined headers would pass as the first of them.
    const decoded = /^[A-Za-z0-9+/]*={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64').toString('utf8') : '';
    const colon = decoded.indexOf(':');
    if (colon < 0) throw new OAuthError('client-authentication-failed', 'malformed Basic credentials');
    return {
      method: 'client_secret_basic',
      clientId: formDecoded(decoded.slice(0, colon)),
      credential: formDecoded(decoded.slice(colon + 1)),
    };
  },
  refuse: refuseSecret,
};

/** ID and secret in the form (RFC 6749, section 2.3.1). */
export const clientSecretPost: ClientAuthMethod = {
  name: 'client_secret_post',
  needsSecret: true,
  find(_request, params) {
    const credential = params.get('client_secret');
    if (credential === undefined) return undefined;
    const clientId = params.get('client_id');
    if (clientId === undefined) throw new OAuthError('client-authentication-failed', 'client_secret without client_id');
    return { method: 'client_secret_post', clientId, credential };
  },
  refuse: refuseSecret,
};

/** A public client names itself (RFC 6749, section 3.2.1). */
export const noAuthentication: ClientAuthMethod = {
  name: 'none',
  needsSecret: false,
  find(_request, params) {
    const clientId = params.get('client_id');
    return clientId === undefined ? undefined : { method: 'none', clientId, credential: '' };
  },
  // Its ID tokens could not be signed; told before the code is spent.
  refuse: (client, _evidence, now) =>
    client.secret !== undefined && hasExpired(client, now) ? expiredSecret : undefined,
};

/** Compared where there is nothing to compare with, so that the time does not tell. */
const noSecret = Buffer.alloc(32);

/** The time of a comparison for a client that does not exist. */
export function compareInVain(evidence: ClientEvidence): void {
  matchesDigest(evidence.credential, noSecret);
}

function refuseSecret(client: Client, evidence: ClientEvidence, now: number): string | undefined {
  const current = matchesDigest(evidence.credential, client.secretDigest ?? noSecret);
  if (current && client.secretDigest) {
    return hasExpired(client, now) ? expiredSecret : undefined;
  }
  const previous = client.previousSecret;
  if (previous && now < previous.until && matchesDigest(evidence.credential, previous.digest)) return undefined;
  return 'wrong client secret';
}

const expiredSecret = 'the client secret has expired (client_secret_expires_at)';

function hasExpired({ secretExpiresAt }: Client, now: number): boolean {
  return secretExpiresAt > 0 && now >= secretExpiresAt;
}

/** Clients that do not form-encode are understood where decoding makes no difference or is impossible. */
function formDecoded(text: string): string {
  return decodeComponent(text) ?? text;
}
