import type { JsonObject } from '../../domain/json.ts';
import { OAuthError, safeText } from '../../errors/oauth-error.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { cancelled } from '../../protocol/authorize/flow.ts';
import { authorizeProperties } from '../../protocol/authorize/properties.ts';
import type { RequestContext } from '../../protocol/context.ts';
import { queryParams } from '../../protocol/params/form.ts';
import { namedSession } from './authz-sessions-api.ts';
import { messageOf } from './messages.ts';

/** Codes with which the login page may end a session, beside `op.authz.customErrorCodes`. */
const legalCodes = new Set([
  'access_denied',
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
  'interaction_required',
  'login_required',
  'account_selection_required',
  'consent_required',
  'unmet_authentication_requirements',
  'invalid_request_uri',
  'invalid_request_object',
  'request_not_supported',
  'request_uri_not_supported',
  'registration_not_supported',
  'invalid_target',
  'invalid_authorization_details',
]);

/** `DELETE`: ends the session and answers the client with an error, `access_denied` unless the page says otherwise. */
export async function cancelSession(ctx: RequestContext, request: HttpRequest): Promise<JsonObject> {
  const parameters = errorParameters(ctx, request);
  const step = await cancelled(ctx, await namedSession(ctx, request), parameters);
  return messageOf(ctx.provider, step);
}

function errorParameters(ctx: RequestContext, request: HttpRequest): Readonly<Record<string, string>> {
  const query = queryParams(request);
  const error = query.get('error') ?? 'access_denied';
  if (!legalCodes.has(error) && !ctx.provider.settingsOf(authorizeProperties).customErrorCodes.includes(error)) {
    throw new OAuthError(
      'invalid-parameter',
      'error is neither standard nor in op.authz.customErrorCodes',
      'Invalid error code',
    );
  }
  const description = query.get('error_description') ?? defaultDescription(error);
  if (description !== undefined && description !== safeText(description)) {
    throw new OAuthError('invalid-parameter', 'error_description has illegal characters', 'Invalid error_description');
  }
  const uri = query.get('error_uri');
  if (uri !== undefined && (!URL.canParse(uri) || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(uri))) {
    throw new OAuthError('invalid-parameter', 'error_uri is not a URI', 'Invalid error_uri');
  }
  const described = description === undefined ? { error } : { error, error_description: description };
  return uri === undefined ? described : { ...described, error_uri: uri };
}

function defaultDescription(error: string): string | undefined {
  return error === 'access_denied' ? 'Access denied by resource owner or authorization server' : undefined;
}
