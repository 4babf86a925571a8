import type { AuthorizationRequest, AuthorizationSession } from '../../domain/authorization-request.ts';
import type { Client } from '../../domain/client.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { splitWords } from '../../domain/scope.ts';
import type { OAuthError } from '../../errors/oauth-error.ts';
import type { ConsentQuestion } from '../../protocol/authorize/prompt-policy.ts';
import type { Provider } from '../../protocol/context.ts';
import type { ResponseDelivery } from '../../protocol/registry.ts';
import { type OpenSession, sessionView } from '../../protocol/subject-sessions/subject-sessions.ts';
import { clientView } from './client-view.ts';

/** What a message to the login page is about. */
export interface Scene {
  readonly provider: Provider;
  readonly client: Client;
  readonly sid: string;
  readonly session: AuthorizationSession;
}

/** Message `auth`: the subject has to authenticate. Absent members vanish when written as JSON. */
export function authMessage(
  { provider, client, sid, session }: Scene,
  subSession: OpenSession | undefined,
): JsonObject {
  const { request } = session;
  const settings = provider.settings.authorize;
  return {
    type: 'auth',
    sid,
    display: request.display,
    select_account: request.prompt.includes('select_account'),
    create_account: request.prompt.includes('create'),
    acr: request.acr_values.length === 0 ? undefined : { essential: request.acr_essential, values: request.acr_values },
    required_sub: session.required_sub,
    login_hint: request.login_hint,
    ui_locales: present(request.ui_locales),
    sub_session: subSession && sessionView(subSession),
    client: settings.includeClientInfoInAuthPrompt ? clientView(client, request.ui_locales) : undefined,
    request: chosenParameters(request, settings.requestParamsInAuthPrompt),
    data: session.data,
  };
}

/** Message `consent`: the subject has to agree. `scope`, `claims` and their lists are always there. */
export function consentMessage(scene: Scene, subSession: OpenSession, question: ConsentQuestion): JsonObject {
  const { provider, client, sid, session } = scene;
  const { request } = session;
  const settings = provider.settings.authorize;
  const others = settings.includeOtherConsented;
  return {
    type: 'consent',
    sid,
    display: request.display,
    sub_session: sessionView(subSession),
    client: clientView(client, request.ui_locales),
    scope: { ...question.scope, other_consented: others ? question.other.scope : undefined },
    claims: {
      new: { ...question.claims.new },
      consented: { ...question.claims.consented },
      other_consented: others ? question.other.claims : undefined,
      raw_request: settings.includeRawClaimsRequest ? request.claims : undefined,
    },
    claims_locales: present(request.claims_locales),
    ui_locales: present(request.ui_locales),
    request: chosenParameters(request, settings.requestParamsInConsentPrompt),
    data: session.data,
  };
}

/** What may accompany a final response. */
export interface Finale {
  readonly client: Client | undefined;
  readonly subSession: OpenSession | undefined;
  /** The subject session is new for the browser, whose cookie must be set. */
  readonly subSessionNew: boolean;
  readonly data: JsonObject | undefined;
}

/** Message `response`: where to send the browser. */
export function responseMessage(provider: Provider, delivery: ResponseDelivery, finale: Finale): JsonObject {
  const settings = provider.settings.authorize;
  const { client, subSession } = finale;
  return {
    type: 'response',
    mode: delivery.mode,
    parameters: { uri: delivery.parameters.uri, form: delivery.parameters.form },
    sub_sid: subSession && finale.subSessionNew ? subSession.sid : undefined,
    client: client && settings.includeClientInfoInFinalResponse ? clientView(client, []) : undefined,
    sub_session: subSession && settings.includeSubjectSessionInFinalResponse ? sessionView(subSession) : undefined,
    data: finale.data,
  };
}

/** Message `error`: for the user's eyes, never a redirect; shown as the request wanted its pages, so far as it can be told. */
export function errorMessage(error: OAuthError, parameters: ReadonlyMap<string, string>): JsonObject {
  const display = parameters.get('display');
  return {
    type: 'error',
    error: error.code,
    error_description: error.description,
    display: display !== undefined && displayTypes.has(display) ? display : undefined,
    ui_locales: present(splitWords(parameters.get('ui_locales') ?? '').slice(0, 20)),
  };
}

const displayTypes = new Set(['page', 'popup', 'touch', 'wap']);

/** An authorization request as the web API shows it: specified parameters by name, custom ones beside them. */
export function requestView(request: AuthorizationRequest): Record<string, Json | undefined> {
  return {
    ...request.custom,
    response_type: request.response_type,
    response_mode: request.response_mode,
    client_id: request.client_id,
    redirect_uri: request.redirect_uri,
    scope: request.scope,
    state: request.state,
    nonce: request.nonce,
    display: request.display,
    prompt: present(request.prompt),
    max_age: request.max_age,
    acr_values: present(request.acr_values),
    login_hint: request.login_hint,
    id_token_hint: request.id_token_hint,
    ui_locales: present(request.ui_locales),
    claims_locales: present(request.claims_locales),
    claims: request.claims,
    resource: present(request.resource),
    code_challenge: request.code_challenge,
    code_challenge_method: request.code_challenge_method,
  };
}

function chosenParameters(request: AuthorizationRequest, names: readonly string[]): JsonObject | undefined {
  if (names.length === 0) return undefined;
  const view = requestView(request);
  return Object.fromEntries(names.filter((name) => view[name] !== undefined).map((name) => [name, view[name]]));
}

function present(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}
