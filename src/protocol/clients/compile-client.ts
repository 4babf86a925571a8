import { sha256Bytes } from '../../crypto/digest.ts';
import { isControlWord } from '../../domain/claim-names.ts';
import type { Client } from '../../domain/client.ts';
import { isStringArray, type JsonObject } from '../../domain/json.ts';
import { splitWords } from '../../domain/scope.ts';
import { formerSecrets, type StoredClient } from '../../domain/stored-client.ts';

/** Makes a stored registration ready for requests. Members of the wrong type count as absent. */
export function compileClient(stored: StoredClient): Client {
  const { metadata, client_secret: secret } = stored;
  const authMethod = stringOf(metadata, 'token_endpoint_auth_method') ?? 'client_secret_basic';
  // Release 0.1 registered them; they are no scope values, neither in a prompt nor where the client acts for itself.
  const scopeList = splitWords(stringOf(metadata, 'scope') ?? '').filter((value) => !isControlWord(value));
  const pkce = metadata['code_challenge_method'];
  return Object.freeze({
    id: stored.client_id,
    confidential: authMethod !== 'none',
    authMethod,
    secretDigest: secret === undefined ? undefined : sha256Bytes(secret),
    secretExpiresAt: stored.client_secret_expires_at,
    formerSecrets: formerSecrets(stored).map((former) => ({
      digest: sha256Bytes(former.client_secret),
      until: former.until,
    })),
    secret,
    grantTypes: new Set(stringsOf(metadata, 'grant_types')),
    responseTypes: new Set(stringsOf(metadata, 'response_types').map(normalResponseType)),
    redirectUris: stringsOf(metadata, 'redirect_uris'),
    applicationType: metadata['application_type'] === 'native' ? 'native' : 'web',
    scope: metadata['scope'] === undefined ? undefined : new Set(scopeList),
    scopeText: scopeList.join(' '),
    scopeList,
    resources: isStringArray(metadata['resources']) ? new Set(metadata['resources']) : undefined,
    idTokenAlg: stringOf(metadata, 'id_token_signed_response_alg') ?? 'RS256',
    userinfoAlg: stringOf(metadata, 'userinfo_signed_response_alg'),
    defaultMaxAge: typeof metadata['default_max_age'] === 'number' ? metadata['default_max_age'] : undefined,
    requireAuthTime: metadata['require_auth_time'] === true,
    defaultAcrValues: stringsOf(metadata, 'default_acr_values'),
    codeChallengeMethod: pkce === 'S256' || pkce === 'plain' ? pkce : undefined,
    sessionIdRequired:
      metadata['frontchannel_logout_session_required'] === true ||
      metadata['backchannel_logout_session_required'] === true,
    metadata,
  } satisfies Client);
}

/** The words of a response type in one order: `id_token code` is `code id_token`. */
export function normalResponseType(text: string): string {
  return splitWords(text).sort().join(' ');
}

function stringOf(metadata: JsonObject, name: string): string | undefined {
  const value = metadata[name];
  return typeof value === 'string' ? value : undefined;
}

function stringsOf(metadata: JsonObject, name: string): readonly string[] {
  const value = metadata[name];
  return isStringArray(value) ? value : [];
}
