import type { AuthorizationRequest } from '../../domain/authorization-request.ts';
import type { Json } from '../../domain/json.ts';
import { nonEmpty } from '../../domain/lists.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import {
  type CheckInput,
  displayOf,
  localesOf,
  maxAgeOf,
  opaqueOf,
  pkceOf,
  promptOf,
  requestedAcr,
  resourcesOf,
  scopeOf,
} from './checks.ts';
import { authorizeProperties } from './properties.ts';
import { servedResponseMode, servedResponseType } from './response-checks.ts';

/** A request while it is being read. */
type Draft = { -readonly [M in keyof AuthorizationRequest]: AuthorizationRequest[M] };

/** A parameter of authorization requests that a specification names. */
interface RequestParameter {
  readonly name: string;
  /** Checks the parameter and keeps its value. Throws `OAuthError`, which the client is told. */
  readonly read?: (input: CheckInput, draft: Draft) => void;
  /** Its value as the web APIs show it; absent: it is not shown. */
  readonly show?: (request: AuthorizationRequest) => Json | undefined;
}

/** Every parameter, in the order in which they are checked: of several faults, the client is told the first. */
const requestParameters: readonly RequestParameter[] = [
  {
    name: 'response_type',
    read(input, draft) {
      draft.responseType = servedResponseType(input).name;
    },
    show: (request) => request.responseType,
  },
  {
    name: 'response_mode',
    read(input, draft) {
      draft.responseMode = servedResponseMode(input);
    },
    show: (request) => request.responseMode,
  },
  { name: 'client_id', show: (request) => request.clientId },
  { name: 'redirect_uri', show: (request) => request.redirectUri },
  {
    name: 'scope',
    read(input, draft) {
      draft.scope = scopeOf(input);
    },
    show: (request) => request.scope,
  },
  {
    name: 'code_challenge',
    read(input, draft) {
      const { challenge, method } = pkceOf(input);
      draft.codeChallenge = challenge;
      draft.codeChallengeMethod = method;
    },
    show: (request) => request.codeChallenge,
  },
  { name: 'code_challenge_method', show: (request) => request.codeChallengeMethod },
  {
    name: 'state',
    read(input, draft) {
      draft.state = opaqueOf(input, 'state');
    },
    show: (request) => request.state,
  },
  {
    name: 'nonce',
    read(input, draft) {
      draft.nonce = opaqueOf(input, 'nonce');
    },
    show: (request) => request.nonce,
  },
  {
    name: 'prompt',
    read(input, draft) {
      draft.prompt = promptOf(input);
    },
    show: (request) => nonEmpty(request.prompt),
  },
  {
    name: 'max_age',
    read(input, draft) {
      draft.maxAge = maxAgeOf(input);
    },
    show: (request) => request.maxAge,
  },
  {
    name: 'display',
    read(input, draft) {
      draft.display = displayOf(input);
    },
    show: (request) => request.display,
  },
  {
    name: 'acr_values',
    read(input, draft) {
      const { values, essential } = requestedAcr(input);
      draft.acrValues = values;
      draft.acrEssential = essential;
    },
    show: (request) => nonEmpty(request.acrValues),
  },
  {
    name: 'login_hint',
    read(input, draft) {
      draft.loginHint = opaqueOf(input, 'login_hint');
    },
    show: (request) => request.loginHint,
  },
  {
    name: 'id_token_hint',
    read({ parameters }, draft) {
      draft.idTokenHint = parameters.values.get('id_token_hint');
    },
    show: (request) => request.idTokenHint,
  },
  {
    name: 'ui_locales',
    read(input, draft) {
      draft.uiLocales = localesOf(input, 'ui_locales');
    },
    show: (request) => nonEmpty(request.uiLocales),
  },
  {
    name: 'claims_locales',
    read(input, draft) {
      draft.claimsLocales = localesOf(input, 'claims_locales');
    },
    show: (request) => nonEmpty(request.claimsLocales),
  },
  {
    name: 'claims',
    read({ claims }, draft) {
      draft.claims = claims?.raw;
    },
    show: (request) => request.claims,
  },
  {
    name: 'resource',
    read(input, draft) {
      draft.resource = resourcesOf(input);
    },
    show: (request) => nonEmpty(request.resource),
  },
  // Refused, as long as the server does not have them.
  { name: 'request' },
  { name: 'request_uri' },
  { name: 'registration' },
];

/** Reads all parameters of a request whose client and redirection URI are known to be good. Throws `OAuthError`. */
export function readRequest(input: CheckInput): AuthorizationRequest {
  const { client, parameters, redirectUri } = input;
  const draft: Draft = {
    responseType: '',
    responseMode: '',
    clientId: client.id,
    redirectUri,
    redirectUriExplicit: parameters.values.has('redirect_uri'),
    scope: [],
    state: undefined,
    nonce: undefined,
    display: 'page',
    prompt: [],
    maxAge: undefined,
    acrValues: [],
    acrEssential: false,
    loginHint: undefined,
    idTokenHint: undefined,
    uiLocales: [],
    claimsLocales: [],
    claims: undefined,
    codeChallenge: undefined,
    codeChallengeMethod: undefined,
    resource: [],
    custom: customParameters(input),
  };
  for (const { read } of requestParameters) read?.(input, draft);
  refuseOversized(input);
  return draft;
}

const specified = new Set(requestParameters.map(({ name }) => name));

/** Longest value of a custom parameter that is kept, in characters. */
export const maxCustomValue = 2048;

/** Parameters that no specification names, as far as the configuration does: anybody may send any, and a session keeps them. */
function customParameters({ provider, parameters: { values } }: CheckInput): Readonly<Record<string, string>> {
  const { requestParamsInAuthPrompt, requestParamsInConsentPrompt } = provider.settingsOf(authorizeProperties);
  const named = [...requestParamsInAuthPrompt, ...requestParamsInConsentPrompt].filter((name) => !specified.has(name));
  const custom = named.flatMap((name) => {
    const value = values.get(name);
    return value !== undefined && value.length <= maxCustomValue ? [[name, value] as const] : [];
  });
  return Object.fromEntries(custom);
}

/** Most characters that the specified parameters may have together: a session keeps them until it is answered. */
export const maxRequestLength = 16_384;

function refuseOversized({ parameters: { values, resource } }: CheckInput): void {
  let length = 0;
  for (const { name } of requestParameters) length += values.get(name)?.length ?? 0;
  for (const value of resource) length += value.length;
  if (length <= maxRequestLength) return;
  const detail = `the parameters have ${length} characters, the limit is ${maxRequestLength}`;
  throw new OAuthError('invalid-parameter', detail, 'The request is too large');
}

/** An authorization request as the web APIs show it: specified parameters by name, custom ones beside them. */
export function requestView(request: AuthorizationRequest): Record<string, Json | undefined> {
  const view: Record<string, Json | undefined> = { ...request.custom };
  for (const { name, show } of requestParameters) view[name] = show?.(request);
  return view;
}
