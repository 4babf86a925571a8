import { OAuthError } from '../../../errors/oauth-error.ts';
import { decodeComponent } from '../../params/form.ts';
import type { ClientAuthMethod } from '../client-auth-method.ts';
import { verifySecret } from '../client-secret.ts';

/** HTTP Basic with form-encoded ID and secret (RFC 6749, section 2.3.1). */
export const clientSecretBasic: ClientAuthMethod = {
  name: 'client_secret_basic',
  needsSecret: true,
  implicit: false,
  find(_ctx, request) {
    const header = request.headers['authorization'];
    if (typeof header !== 'string' || !/^basic /i.test(header)) return undefined;
    const encoded = header.slice(6).trim();
    // The decoder skips what is not BASE64 and stops at padding: two joined headers would pass as the first of them.
    const decoded = /^[A-Za-z0-9+/]*={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64').toString('utf8') : '';
    const colon = decoded.indexOf(':');
    if (colon < 0) throw new OAuthError('client-authentication-failed', 'malformed Basic credentials');
    return { clientId: formDecoded(decoded.slice(0, colon)), credential: formDecoded(decoded.slice(colon + 1)) };
  },
  verify: verifySecret,
};

/** Clients that do not form-encode are understood where decoding makes no difference or is impossible. */
function formDecoded(text: string): string {
  return decodeComponent(text) ?? text;
}
