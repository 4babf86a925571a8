import { quotedValue } from '../../config/mask.ts';
import { equalTexts, sha256 } from '../../crypto/digest.ts';
import type { PendingCode } from '../../domain/pending-code.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { CodeRedemption } from '../../ports/stores/stores.ts';
import type { AuthenticatedClient } from '../client-auth/authenticated-client.ts';
import type { RequestContext } from '../context.ts';
import { firstRefreshToken } from '../issuing/first-refresh-token.ts';
import { withinAudience } from '../issuing/narrowing.ts';
import { endGrant, isVoid, lifeLeft } from '../issuing/revocation.ts';
import type { TokenDecision } from '../issuing/token-decision.ts';
import { type Params, required } from '../params/form.ts';
import { requestedResources } from '../resources.ts';
import type { GrantType } from './grant-type.ts';

/** Redeems an authorization code (RFC 6749, section 4.1.3; PKCE: RFC 7636, section 4.6). */
export const authorizationCodeGrant: GrantType = {
  name: 'authorization_code',
  metric: 'code',
  openToAll: true,
  isEnabled: () => true,
  async decide(ctx, { client, params, many }) {
    const redeemed = await redeem(ctx, client, required(params, 'code'));
    checkBinding(redeemed.code, client, params);
    return decision(ctx, redeemed, requestedResources(many('resource')));
  },
};

type Redeemed = Extract<CodeRedemption, { readonly outcome: 'redeemed' }>;

/** Spends the code, first of all: whatever is wrong with the request, this code is never good again. */
async function redeem(ctx: RequestContext, { client }: AuthenticatedClient, text: string): Promise<Redeemed> {
  const { identifiers, stores } = ctx.provider;
  const checked = identifiers.check('authorization-code', text);
  if (!checked) {
    ctx.emit(events.token.codeInvalid);
    throw new OAuthError('invalid-code', 'not an authorization code of this server');
  }
  const redemption = await stores.codes.redeem(checked.key);
  if (redemption.outcome === 'redeemed') {
    ctx.emit(events.token.codeRedeemed);
    return redemption;
  }
  if (redemption.outcome === 'unknown') {
    ctx.emit(events.token.codeInvalid);
    throw new OAuthError('invalid-code', 'the code is unknown or expired (authzStore.code.lifetime)');
  }
  ctx.emit(events.token.codeReplayed);
  // Another client cannot revoke by replaying what it found.
  if (redemption.code.authorization.clientId === client.id) await endWhatCameOf(ctx, redemption.code);
  throw new OAuthError('invalid-code', 'the code was redeemed before; what it issued is revoked');
}

/** Ends the grant of a code that is presented again, and no other (RFC 6749, section 4.1.2). */
function endWhatCameOf(ctx: RequestContext, { authorization }: PendingCode): Promise<void> {
  const { longLived, issueRefreshToken, refreshTokenLifetime } = authorization;
  const carried = issueRefreshToken && !longLived;
  return endGrant(ctx, authorization, carried ? refreshTokenLifetime || lifeLeft(ctx, undefined) : 0);
}

function checkBinding(code: PendingCode, { client }: AuthenticatedClient, params: Params): void {
  if (code.authorization.clientId !== client.id) {
    throw new OAuthError(
      'invalid-code',
      `client ${client.id}: the code was issued to client ${code.authorization.clientId}`,
    );
  }
  const redirectUri = params.get('redirect_uri');
  if (code.redirectUriExplicit && redirectUri === undefined) {
    throw new OAuthError(
      'invalid-code',
      `client ${client.id}: no redirect_uri, expected ${quotedValue(code.redirectUri)} as in the authorization request (RFC 6749, section 4.1.3)`,
    );
  }
  if (redirectUri !== undefined && redirectUri !== code.redirectUri) {
    throw new OAuthError(
      'invalid-code',
      `client ${client.id}: redirect_uri ${quotedValue(redirectUri)}, expected ${quotedValue(code.redirectUri)} as in the authorization request: compared exactly (RFC 6749, section 4.1.3)`,
    );
  }
  const refusal = refuseVerifier(code, params.get('code_verifier'));
  if (refusal) throw new OAuthError('invalid-code', refusal);
}

function refuseVerifier(code: PendingCode, verifier: string | undefined): string | undefined {
  if (code.codeChallenge === undefined) {
    return verifier === undefined ? undefined : 'code_verifier, but the authorization request had no code_challenge';
  }
  if (verifier === undefined) return 'code_verifier is missing';
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return 'malformed code_verifier';
  const derived = code.codeChallengeMethod === 'plain' ? verifier : sha256(verifier);
  return equalTexts(derived, code.codeChallenge) ? undefined : 'code_verifier does not match the code_challenge';
}

function decision(
  ctx: RequestContext,
  { code: { authorization, idToken }, standing }: Redeemed,
  resources: readonly string[],
): TokenDecision {
  if (isVoid(ctx.provider, standing, authorization)) {
    throw new OAuthError('invalid-code', 'the authorisation was revoked since the code was issued');
  }
  const checkedAt = ctx.provider.clock.now();
  const refresh = firstRefreshToken(ctx.provider, authorization, { checkedAt, standing });
  return {
    authorization: withinAudience(authorization, resources),
    checkedAt,
    idToken,
    refreshToken: refresh?.order,
    refreshLimit: refresh?.limit,
  };
}
