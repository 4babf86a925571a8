import type { Authorization } from '../../../domain/authorization.ts';
import type { Client } from '../../../domain/client.ts';
import { parseScope, splitWords } from '../../../domain/scope.ts';
import { OAuthError } from '../../../errors/oauth-error.ts';
import type { GrantType } from '../../registry.ts';

/** The client acts for itself (RFC 6749, section 4.4): the requested scope within the registered one. */
export const clientCredentialsGrant: GrantType = {
  name: 'client_credentials',
  metric: 'clientCredentials',
  openToAll: false,
  isEnabled: (settings) => settings.token.clientCredentials,
  decide(ctx, { client: { client }, params, many }) {
    if (!client.confidential) {
      throw new OAuthError('grant-not-registered', 'a public client cannot use client_credentials');
    }
    const { settings, issuer, clock } = ctx.provider;
    const authorization: Authorization = {
      gid: '',
      iss: issuer,
      sub: client.id,
      cid: client.id,
      iat: clock.now(),
      lng: false,
      scp: grantedScope(client, params.get('scope')),
      clm: [],
      aud: audience(many('resource')) ?? settings.token.clientCredentialsAudience,
      ate: settings.token.clientCredentialsEncoding,
      atl: settings.token.clientCredentialsLifetime,
      irt: false,
      rtl: 0,
      rtm: 0,
      rtr: false,
      idr: false,
    };
    return {
      authorization,
      forClientItself: true,
      idToken: undefined,
      refreshToken: undefined,
      refreshLimit: undefined,
    };
  },
};

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

/** The requested resources: absolute URIs without fragment (RFC 8707, section 2). */
function audience(requested: readonly string[]): readonly string[] | undefined {
  if (requested.length === 0) return undefined;
  const resources = requested.flatMap(splitWords);
  if (
    resources.length === 0 ||
    resources.length > 20 ||
    resources.some((uri) => !URL.canParse(uri) || uri.includes('#'))
  ) {
    throw new OAuthError('invalid-target', 'resource must be absolute URIs without fragment, at most 20');
  }
  return resources;
}
