import { equalTexts, sha256 } from '../../../crypto/digest.ts';
import type { Authorization, LongLivedAuthorization } from '../../../domain/authorization.ts';
import type { PendingCode } from '../../../domain/pending-code.ts';
import { OAuthError } from '../../../errors/oauth-error.ts';
import type { AuthenticatedClient } from '../../client-auth/authenticated-client.ts';
import type { RequestContext } from '../../context.ts';
import { type Params, required } from '../../params/form.ts';
import type { GrantType } from '../../registry.ts';
import { refreshTokenExpiry } from '../../tokens/refresh-token.ts';
import { isRevokedAtLarge, revokeGrant } from '../../tokens/revocation.ts';
import type { TokenDecision } from '../token-decision.ts';

/** Redeems an authorization code (RFC 6749, section 4.1.3; PKCE: RFC 7636, section 4.6). */
export const authorizationCodeGrant: GrantType = {
  name: 'authorization_code',
  metric: 'code',
  openToAll: true,
  isEnabled: () => true,
  async decide(ctx, { client, params }) {
    const code = await redeem(ctx, client, required(params, 'code'));
    checkBinding(code, client, params);
    return decision(ctx, code);
  },
};

/** Spends the code, first of all: whatever is wrong with the request, this code is never good again. */
async function redeem(ctx: RequestContext, { client }: AuthenticatedClient, text: string): Promise<PendingCode> {
  const { identifiers, stores, metrics } = ctx.provider;
  const checked = identifiers.check('authorization-code', text);
  if (!checked) {
    metrics.meter('authzStore.invalidCodes').mark();
    throw new OAuthError('invalid-code', 'not an authorization code of this server');
  }
  const redemption = await stores.codes.redeem(checked.key);
  if (redemption.outcome === 'redeemed') {
    metrics.meter('authzStore.codeExchanges').mark();
    return redemption.code;
  }
  if (redemption.outcome === 'unknown') {
    metrics.meter('authzStore.invalidCodes').mark();
    throw new OAuthError('invalid-code', 'the code is unknown or expired (authzStore.code.lifetime)');
  }
  metrics.meter('authzStore.codeReplays').mark();
  const { authorization } = redemption.code;
  // Another client cannot revoke by replaying what it found.
  if (authorization.cid === client.id) await revokeGrant(ctx, authorization);
  throw new OAuthError('invalid-code', 'the code was redeemed before; what it issued is revoked');
}

function checkBinding(code: PendingCode, { client }: AuthenticatedClient, params: Params): void {
  if (code.authorization.cid !== client.id) {
    throw new OAuthError('invalid-code', `the code was issued to client ${code.authorization.cid}`);
  }
  const redirectUri = params.get('redirect_uri');
  if (code.redirect_uri_explicit && redirectUri === undefined) {
    throw new OAuthError('invalid-code', 'redirect_uri is missing, but the authorization request had it');
  }
  if (redirectUri !== undefined && redirectUri !== code.redirect_uri) {
    throw new OAuthError('invalid-code', 'redirect_uri differs from that of the authorization request');
  }
  const refusal = refuseVerifier(code, params.get('code_verifier'));
  if (refusal) throw new OAuthError('invalid-code', refusal);
}

function refuseVerifier(code: PendingCode, verifier: string | undefined): string | undefined {
  if (code.code_challenge === undefined) {
    return verifier === undefined ? undefined : 'code_verifier, but the authorization request had no code_challenge';
  }
  if (verifier === undefined) return 'code_verifier is missing';
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return 'malformed code_verifier';
  const derived = code.code_challenge_method === 'plain' ? verifier : sha256(verifier);
  return equalTexts(derived, code.code_challenge) ? undefined : 'code_verifier does not match the code_challenge';
}

async function decision(ctx: RequestContext, code: PendingCode): Promise<TokenDecision> {
  const { clock } = ctx.provider;
  const { authorization } = code;
  // The grant itself is not looked at: a replay may end it at this very moment, and who has redeemed the code gets an
  // answer all the same. Tokens of an ended grant are void from the start.
  if (await isRevokedAtLarge(ctx, authorization)) {
    throw new OAuthError('invalid-code', 'the authorisation was revoked since the code was issued');
  }
  const idToken = code.id_token;
  const common = { authorization, forClientItself: false, idToken } as const;
  if (!authorization.irt) return { ...common, refreshToken: undefined, refreshLimit: undefined };
  if (!authorization.lng) {
    const end = refreshTokenExpiry(authorization, clock.now(), clock.now());
    return {
      ...common,
      refreshToken: { kind: 'self-contained', authorization, expiresAt: end.expiresAt },
      refreshLimit: end.limit,
    };
  }
  const record = await currentRecord(ctx, authorization);
  return {
    ...common,
    refreshToken: record && { kind: 'identifier', record },
    refreshLimit: record && refreshTokenExpiry(record, record.rti, clock.now()).limit,
  };
}

/** The remembered authorisation that the code belongs to; `undefined` when it has ended or begun anew since. */
async function currentRecord(
  ctx: RequestContext,
  { sub, act = '', cid, gid }: Authorization,
): Promise<LongLivedAuthorization | undefined> {
  const record = await ctx.provider.stores.authorizations.get({ sub, act, cid });
  return record?.gid === gid ? record : undefined;
}
