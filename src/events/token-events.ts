import { clientAuthenticationFailed } from './client-events.ts';
import { counted, type EventEntry, error, info, type NoFields } from './event.ts';

/** The token endpoint, apart from what each grant counts for itself. */
export const tokenEndpointEvents = {
  clientAuthenticationFailed: clientAuthenticationFailed('OP6203', 'token'),
  refused: info(
    'OP6226',
    'Token error response',
    { error: 'text', cause: 'text', grantType: 'text?' },
    { meaning: 'A token request was refused, and why' },
  ),
  invalidRequest: counted('tokenEndpoint.invalidRequests', 'A refusal that no meter of a grant counts'),
  unsupportedGrantType: counted('tokenEndpoint.unsupportedGrantTypeErrors', 'The grant type is unknown or not enabled'),
  failed: counted('tokenEndpoint.serverErrors', 'A request failed for an internal reason'),
} as const;

/** What is told of the requests of one grant. */
export interface GrantEvents {
  readonly answered: EventEntry<{ readonly clientId: 'text'; readonly grantType: 'text' }>;
  readonly failed: EventEntry<NoFields>;
  /** Refusals by the OAuth 2.0 error code. */
  readonly refused: ReadonlyMap<string, EventEntry<NoFields>>;
}

/** The events of a grant, under its name in metrics. They are declared with the grants that the configuration offers. */
export function grantEvents(metric: string): GrantEvents {
  const meter = (name: string) => `tokenEndpoint.${metric}.${name}`;
  const refusal = (name: string, code: string) => [code, counted(meter(name), `A refusal with \`${code}\``)] as const;
  return {
    answered: info(
      'OP6225',
      'Token response',
      { clientId: 'text', grantType: 'text' },
      { meter: meter('successfulRequests'), meaning: 'Tokens were issued' },
    ),
    failed: counted(meter('serverErrors'), 'A request failed for an internal reason'),
    refused: new Map([
      refusal('invalidClientErrors', 'invalid_client'),
      refusal('unauthorizedClientErrors', 'unauthorized_client'),
      refusal('invalidGrantErrors', 'invalid_grant'),
      refusal('invalidScopeErrors', 'invalid_scope'),
    ]),
  };
}

/** Codes and tokens. */
export const tokenEvents = {
  codeIssued: counted('authzStore.codeIssues', 'A code was issued'),
  codeRedeemed: counted('authzStore.codeExchanges', 'A code was redeemed'),
  codeInvalid: counted('authzStore.invalidCodes', 'A code was not made by this server, is unknown or has expired'),
  codeReplayed: counted('authzStore.codeReplays', 'A code was presented again: a broken client, or a stolen code'),
  accessTokenIssued: counted('authzStore.accessTokenIssues', 'An access token was issued'),
  accessTokenClaimsFailed: error('OP9020', 'A claims source failed for an access token', { clientId: 'text' }),
  idTokenIssued: counted('op.idTokenIssues', 'An ID token was issued'),
  idTokenRefreshed: counted('op.idTokenRefreshes', 'An ID token is issued at a refresh'),
  idTokenClaimsFailed: error('OP2209', 'A claims source failed for an ID token', { clientId: 'text' }),
  refreshTokenIssued: counted('authzStore.refreshTokenIssues', 'A refresh token was issued'),
  refreshTokenUsed: counted('authzStore.refreshTokenUses', 'A refresh token was used'),
  refreshTokenInvalid: info(
    'AS0270',
    'Invalid refresh token',
    { clientId: 'text' },
    { meter: 'authzStore.invalidRefreshTokens', meaning: 'It was not made by this server' },
  ),
  refreshTokenForeign: info(
    'AS0274',
    'Refresh token of another client',
    { clientId: 'text', issuedTo: 'text' },
    { meaning: 'A refresh token was presented by another client than the one it was issued to' },
  ),
  refreshTokenReused: counted(
    'authzStore.rotatedRefreshTokenAllowedReuses',
    'A rotated refresh token was used again within `authzStore.refreshToken.rotatedReuseGracePeriod`',
  ),
  refreshTokenReplayed: counted(
    'authzStore.rotatedRefreshTokenReplayRevocations',
    'A rotated refresh token was used again, and its grant has ended: a stolen token, or a client that lost one',
  ),
  revoked: counted('authzStore.revocations', 'A grant, a token, or all of a subject or client was revoked'),
} as const;

/** The introspection endpoint. */
export const introspectionEvents = {
  clientAuthenticationFailed: clientAuthenticationFailed('OP6512', 'introspection'),
  clientNotAllowed: info(
    'OP6512',
    'Client may not introspect',
    { clientId: 'text', cause: 'text', clientAuthId: 'text' },
    { meaning: 'A client that has authenticated may not use the introspection endpoint' },
  ),
  active: counted('introspectionEndpoint.activeTokenResponses', 'The token is active'),
  inactive: counted('introspectionEndpoint.inactiveTokenResponses', 'The token is not active'),
  invalidRequest: counted('introspectionEndpoint.invalidRequests', 'Any other refusal'),
  invalidClient: counted('introspectionEndpoint.invalidClientErrors', 'A refusal with `invalid_client`'),
  failed: counted('introspectionEndpoint.serverErrors', 'A request failed for an internal reason'),
} as const;

/** The revocation endpoint. */
export const revocationEvents = {
  clientAuthenticationFailed: clientAuthenticationFailed('OP6412', 'revocation'),
  successful: counted('revocationEndpoint.successfulRequests', 'A successful answer'),
  invalidRequest: counted('revocationEndpoint.invalidRequests', 'Any other refusal'),
  invalidClient: counted('revocationEndpoint.invalidClientErrors', 'A refusal with `invalid_client`'),
  failed: counted('revocationEndpoint.serverErrors', 'A request failed for an internal reason'),
} as const;

/** The UserInfo endpoint. */
export const userInfoEvents = {
  successful: counted('userInfoEndpoint.successfulRequests', 'A successful answer'),
  invalidToken: counted('userInfoEndpoint.invalidTokenErrors', 'A missing or invalid access token'),
  insufficientScope: counted('userInfoEndpoint.insufficientScopeErrors', 'The token does not have `openid`'),
  invalidRequest: counted('userInfoEndpoint.invalidRequests', 'Any other refusal'),
  failed: counted('userInfoEndpoint.serverErrors', 'A request failed for an internal reason'),
} as const;
