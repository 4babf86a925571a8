import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ClaimsContext, ClaimsSource } from '../../ports/claims-source.ts';
import type { FetchResponse, HttpFetch } from '../../ports/http-fetch.ts';
import type { HttpClaimsSourceSettings } from './http-properties.ts';

/** Bytes of an answer. */
export const maxAnswer = 262_144;

/**
 * A claims source behind a web service: one POST with JSON, answered by a JSON object whose `sub` is that of the request,
 * or by 404 for an unknown subject. Throws an `Error` for the operator when the settings are incomplete.
 */
export function createHttpClaimsSource(deps: {
  readonly settings: HttpClaimsSourceSettings;
  readonly fetch: HttpFetch;
}): ClaimsSource {
  const { settings } = deps;
  const { url, supportedClaims, connectTimeout, readTimeout } = settings;
  if (url === undefined) throw new Error('op.httpClaimsSource.enable needs op.httpClaimsSource.url');
  if (supportedClaims.length === 0) {
    throw new Error('op.httpClaimsSource.enable needs op.httpClaimsSource.supportedClaims, e.g. *');
  }
  if (settings.includeSubjectSession || settings.includeSubjectSessionId) {
    throw new Error(
      'op.httpClaimsSource.includeSubjectSession and .includeSubjectSessionID are not supported: remove them or set false',
    );
  }
  const headers = {
    'Content-Type': 'application/json; charset=UTF-8',
    Accept: 'application/json',
    ...(settings.apiAccessToken === undefined ? {} : { Authorization: `Bearer ${settings.apiAccessToken}` }),
  };
  return {
    name: 'http',
    supportedClaims,
    async getClaims(subject, names, locales, context) {
      const body = JSON.stringify(requestBody(settings, { subject, names, locales, context }));
      const answer = await deps.fetch.fetch({
        url,
        method: 'POST',
        headers,
        body,
        connectTimeout,
        readTimeout,
        maxSize: maxAnswer,
        trusted: true,
      });
      return answer.status === 404 ? undefined : claimsIn(answer, subject);
    },
  };
}

interface Wanted {
  readonly subject: string;
  readonly names: readonly string[];
  readonly locales: readonly string[];
  readonly context: ClaimsContext;
}

function requestBody(settings: HttpClaimsSourceSettings, { subject, names, locales, context }: Wanted): JsonObject {
  return {
    iss: context.issuer,
    sub: subject,
    claims: names,
    claims_locales: locales.length === 0 ? undefined : locales,
    claims_transport: context.transport,
    claims_data: context.claimsData,
    scope: settings.includeScope ? context.scope : undefined,
  };
}

function claimsIn({ status, body }: FetchResponse, subject: string): JsonObject {
  if (status !== 200) throw new Error(`the HTTP claims source answered ${status}, expected 200 or 404`);
  let claims: unknown;
  try {
    claims = JSON.parse(body);
  } catch {
    throw new Error('the HTTP claims source did not answer with JSON');
  }
  if (!isJsonObject(claims)) throw new Error('the HTTP claims source did not answer with a JSON object');
  if (claims['sub'] !== subject) {
    throw new Error('the HTTP claims source answered for another subject: sub must be that of the request');
  }
  return claims;
}
