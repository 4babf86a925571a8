import { OAuthError } from '../../src/errors/oauth-error.ts';
import type { SenderConstraint } from '../../src/protocol/sender-constraint/sender-constraint.ts';

/** Like DPoP: a key, whose thumbprint a header tells, a scheme of its own, and the token that the proof is for. */
export const keyConstraint: SenderConstraint = {
  name: 'test_key',
  member: 'jkt',
  scheme: 'DPoP',
  async prove(_ctx, request, accessToken) {
    const proof = request.headers['x-test-key'];
    if (typeof proof !== 'string') return undefined;
    await new Promise(setImmediate);
    const [thumbprint = '', ath] = proof.split(' ');
    if (ath !== (accessToken === undefined ? undefined : accessToken.slice(-8))) {
      throw new OAuthError('invalid-token', 'the proof is for another access token');
    }
    return { thumbprint, certificate: undefined };
  },
};

/** Like mutual TLS: a certificate, whose thumbprint a header tells. */
export const certificateConstraint: SenderConstraint = {
  name: 'test_certificate',
  member: 'x5t#S256',
  scheme: undefined,
  prove(_ctx, request) {
    const thumbprint = request.headers['x-test-certificate'];
    if (typeof thumbprint !== 'string') return undefined;
    return { thumbprint, certificate: { subject: 'CN=test', thumbprint, der: Buffer.from(thumbprint) } };
  },
};

/** Headers that prove possession of a key, at the token endpoint or together with an access token. */
export function keyProof(thumbprint: string, accessToken?: string): Readonly<Record<string, string>> {
  return { 'X-Test-Key': accessToken === undefined ? thumbprint : `${thumbprint} ${accessToken.slice(-8)}` };
}

/** Headers that prove possession of a certificate. */
export function certificateProof(thumbprint: string): Readonly<Record<string, string>> {
  return { 'X-Test-Certificate': thumbprint };
}
