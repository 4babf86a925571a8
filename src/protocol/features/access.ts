import type { Property, PropertyGroup, SettingsOf } from '../../config/property.ts';
import type { SettingsReader } from '../../config/settings-reader.ts';
import { createApiTokenGuard } from '../bearer.ts';
import type { Endpoint } from '../context.ts';

/** A property group with the hashes of the bearer tokens that open a web API. */
export type ApiTokenGroup = PropertyGroup & { readonly apiTokens: Property<ReadonlyMap<string, string>> };

/** One way to be let in. */
export type Access =
  /**
   * A bearer token of the operator, in the `Authorization` header or, where `inQuery`, as parameter `access_token` of the query.
   * `guarded`: nobody else reaches the endpoint; otherwise the endpoint looks at the token itself.
   */
  | { readonly by: 'api-token'; readonly group: ApiTokenGroup; readonly inQuery: boolean; readonly guarded: boolean }
  /** Client authentication of the token endpoint. */
  | { readonly by: 'client' }
  /** An access token of this server with that scope value. */
  | { readonly by: 'access-token'; readonly scope: string }
  /** The registration access token of the client that the path names. */
  | { readonly by: 'registration-token' };

/** Who may call: whoever is let in by one of these. Empty: everybody. */
export type AccessRule = readonly Access[];

/** Everybody may call. */
export const openToAll: AccessRule = [];

/** Whoever has a bearer token of the operator may call; without a configured one nobody can. */
export function byApiToken(group: ApiTokenGroup, where?: { readonly inQuery: boolean }): AccessRule {
  return [{ by: 'api-token', group, inQuery: where?.inQuery ?? false, guarded: true }];
}

/** Clients may call. */
export const byClient: AccessRule = [{ by: 'client' }];

/** Whoever has an access token with the scope value may call. */
export function byAccessToken(scope: string): AccessRule {
  return [{ by: 'access-token', scope }];
}

/** Whether the configuration lets anybody in at all. */
export function isReachable(access: AccessRule, settingsOf: SettingsReader): boolean {
  if (access.length === 0) return true;
  return access.some((way) => way.by !== 'api-token' || tokensOf(way.group, settingsOf).size > 0);
}

/**
 * The endpoint behind its access rule. A guarded API token is enforced here; in all other rules the endpoint itself finds the
 * proof in the request, and decides what it is good for.
 */
export function guardedEndpoint(access: AccessRule, endpoint: Endpoint, settingsOf: SettingsReader): Endpoint {
  const [way] = access;
  if (way?.by !== 'api-token' || !way.guarded) return endpoint;
  const hashes = tokensOf(way.group, settingsOf);
  const place = way.inQuery ? 'header-or-query' : 'header';
  const guard = createApiTokenGuard(hashes, way.group.apiTokens.name, place);
  return (ctx, request) => {
    guard(ctx, request);
    return endpoint(ctx, request);
  };
}

/** Whether a group has the tokens of a web API. */
export function isApiTokenGroup(group: PropertyGroup | undefined): group is ApiTokenGroup {
  return group?.['apiTokens'] !== undefined;
}

/** The configured hashes of the tokens, by label. */
export function tokensOf(group: ApiTokenGroup, settingsOf: SettingsReader): ReadonlyMap<string, string> {
  const { apiTokens }: SettingsOf<Pick<ApiTokenGroup, 'apiTokens'>> = settingsOf(group);
  return apiTokens;
}
