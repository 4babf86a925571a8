import type { Authorization } from '../../domain/authorization.ts';
import type { Client } from '../../domain/client.ts';
import { offlineAccess, parseScope } from '../../domain/scope.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import type { Provider } from '../context.ts';
import { requestedResources } from '../resources.ts';
import type { GrantType } from './grant-type.ts';
import { tokenProperties } from './properties.ts';

/** The client acts for itself (RFC 6749, section 4.4): the requested scope and resources within the registered ones. */
export const clientCredentialsGrant: GrantType = {
  name: 'client_credentials',
  metric: 'clientCredentials',
  openToAll: false,
  isEnabled: (settingsOf) => settingsOf(tokenProperties).clientCredentials,
  decide(ctx, { client: { client }, params, many }) {
    if (!client.confidential) {
      throw new OAuthError('grant-not-registered', 'a public client cannot use client_credentials');
    }
    const { settingsOf, issuer, clock } = ctx.provider;
    const checkedAt = clock.now();
    const authorization: Authorization = {
      grantId: '',
      issuer,
      subject: client.id,
      actor: undefined,
      clientId: client.id,
      issuedAt: checkedAt,
      revocationsSeen: 0,
      longLived: false,
      scope: withoutOfflineAccess(grantedScope(client, params.get('scope'))),
      claims: [],
      claimsLocales: [],
      audience: grantedAudience(ctx.provider, client, requestedResources(many('resource'))),
      accessTokenEncoding: settingsOf(tokenProperties).clientCredentialsEncoding,
      accessTokenLifetime: settingsOf(tokenProperties).clientCredentialsLifetime,
      issueRefreshToken: false,
      refreshTokenLifetime: 0,
      refreshTokenMaxIdle: 0,
      rotateRefreshToken: false,
      allowIdTokenRefresh: false,
      claimsData: undefined,
      presetUserInfo: undefined,
      data: undefined,
      sessionKey: undefined,
      authTime: undefined,
      confirmation: undefined,
    };
    return { authorization, checkedAt, idToken: undefined, refreshToken: undefined, refreshLimit: undefined };
  },
};

/** There is no refresh token here (RFC 6749, section 4.4.3). */
function withoutOfflineAccess(scope: readonly string[]): readonly string[] {
  return scope.includes(offlineAccess) ? scope.filter((value) => value !== offlineAccess) : scope;
}

function grantedScope(client: Client, requested: string | undefined): readonly string[] {
  if (requested === undefined || requested === client.scopeText) return client.scopeList;
  const values = parseScope(requested);
  if (!values) throw new OAuthError('malformed-scope', 'scope has illegal characters or too many values');
  const granted = values.filter((value) => client.scope?.has(value));
  if (granted.length === 0 && values.length > 0) {
    throw new OAuthError('scope-not-registered', 'no requested scope value is registered for the client (scope)');
  }
  return granted;
}

/** Nobody is asked here: a resource has to be registered for the client, or configured for the grant. */
function grantedAudience({ settingsOf }: Provider, client: Client, requested: readonly string[]): readonly string[] {
  const configured = settingsOf(tokenProperties).clientCredentialsAudience;
  if (requested.length === 0) return configured;
  const refused = requested.find((resource) => !client.resources?.has(resource) && !configured.includes(resource));
  if (refused !== undefined && !settingsOf(tokenProperties).anyResource) {
    throw new OAuthError(
      'invalid-target',
      `${refused} is not registered for the client (resources), and op.token.allowUnregisteredResources is off`,
    );
  }
  return requested;
}
