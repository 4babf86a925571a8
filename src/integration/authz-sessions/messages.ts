import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { nonEmpty } from '../../domain/lists.ts';
import { splitWords } from '../../domain/scope.ts';
import type { OAuthError } from '../../errors/oauth-error.ts';
import type { ConsentQuestion } from '../../protocol/authorize/consent-question.ts';
import { isKnownClaim, isKnownScope } from '../../protocol/authorize/known-names.ts';
import { requestView } from '../../protocol/authorize/parameters.ts';
import { authorizeProperties } from '../../protocol/authorize/properties.ts';
import type { FlowStep } from '../../protocol/authorize/steps.ts';
import type { Provider } from '../../protocol/context.ts';
import { sessionView } from '../../protocol/subject-sessions/subject-sessions.ts';
import { clientView } from './client-view.ts';

type StepOf<T extends FlowStep['type']> = Extract<FlowStep, { readonly type: T }>;

/** The message that tells the login page of a step. Absent members vanish when written as JSON. */
export function messageOf(provider: Provider, step: FlowStep): JsonObject {
  switch (step.type) {
    case 'auth':
      return authMessage(provider, step);
    case 'consent':
      return consentMessage(provider, step);
    case 'response':
      return responseMessage(provider, step);
  }
}

/** The subject has to authenticate. */
function authMessage(provider: Provider, { standing, stored: { sid, session } }: StepOf<'auth'>): JsonObject {
  const { request } = session;
  const { subSession, client } = standing;
  const settings = provider.settingsOf(authorizeProperties);
  return {
    type: 'auth',
    sid,
    display: request.display,
    select_account: request.prompt.includes('select_account'),
    create_account: request.prompt.includes('create'),
    acr: request.acrValues.length === 0 ? undefined : { essential: request.acrEssential, values: request.acrValues },
    required_sub: session.requiredSubject,
    login_hint: request.loginHint,
    ui_locales: nonEmpty(request.uiLocales),
    sub_session: subSession && sessionView(subSession),
    client: settings.includeClientInfoInAuthPrompt ? clientView(client, request.uiLocales) : undefined,
    request: chosenParameters(request, settings.requestParamsInAuthPrompt),
    data: session.data,
  };
}

/**
 * The subject has to agree. `scope`, `claims` and their lists are always there, but for `unknown`, which names those of the values
 * that neither the configuration nor the client's registration nor a specification knows; `resource` where resources are
 * requested.
 */
function consentMessage(provider: Provider, step: StepOf<'consent'>): JsonObject {
  const { standing, stored, question } = step;
  const { sid, session } = stored;
  const { request } = session;
  const { asked, agreed, other } = question;
  const settings = provider.settingsOf(authorizeProperties);
  const others = settings.includeOtherConsented;
  return {
    type: 'consent',
    sid,
    display: request.display,
    sub_session: sessionView(standing.subSession),
    client: clientView(standing.client, request.uiLocales),
    scope: {
      new: asked.scope,
      consented: agreed.scope,
      unknown: nonEmpty(
        [...asked.scope, ...agreed.scope].filter((value) => !isKnownScope(provider, standing.client, value)),
      ),
      other_consented: others ? other.scope : undefined,
    },
    claims: {
      new: byNeed(asked.claims, question),
      consented: byNeed(agreed.claims, question),
      unknown: nonEmpty([...asked.claims, ...agreed.claims].filter((name) => !isKnownClaim(provider, name))),
      other_consented: others ? other.claims : undefined,
      raw_request: settings.includeRawClaimsRequest ? request.claims : undefined,
    },
    resource: request.resource.length === 0 ? undefined : { new: asked.audience, consented: agreed.audience },
    claims_locales: nonEmpty(request.claimsLocales),
    ui_locales: nonEmpty(request.uiLocales),
    request: chosenParameters(request, settings.requestParamsInConsentPrompt),
    data: session.data,
  };
}

/** Claim names by how much the client wants them. */
function byNeed(names: readonly string[], { essential }: ConsentQuestion): JsonObject {
  return {
    essential: names.filter((name) => essential.has(name)),
    voluntary: names.filter((name) => !essential.has(name)),
  };
}

/** Where to send the browser. */
function responseMessage(provider: Provider, { delivery, finale }: StepOf<'response'>): JsonObject {
  const settings = provider.settingsOf(authorizeProperties);
  const { client, subSession } = finale;
  return {
    type: 'response',
    mode: delivery.mode,
    parameters: { uri: delivery.parameters.uri, form: delivery.parameters.form },
    sub_sid: subSession && finale.subSessionNew ? subSession.sid : undefined,
    client: settings.includeClientInfoInFinalResponse ? clientView(client, []) : undefined,
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
    ui_locales: nonEmpty(splitWords(parameters.get('ui_locales') ?? '').slice(0, 20)),
  };
}

const displayTypes = new Set(['page', 'popup', 'touch', 'wap']);

function chosenParameters(request: AuthorizationRequest, names: readonly string[]): JsonObject | undefined {
  if (names.length === 0) return undefined;
  const view: Record<string, Json | undefined> = requestView(request);
  return Object.fromEntries(names.filter((name) => view[name] !== undefined).map((name) => [name, view[name]]));
}
