import { isJsonObject, parseJson } from '../../kit/src/json.ts';

/** Scopes that the start page offers as checkboxes. */
export const OFFERED_SCOPES = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'] as const;
/** Values that the start page offers for `prompt`; the empty one sends no parameter. */
export const OFFERED_PROMPTS = ['', 'none', 'login', 'consent', 'select_account', 'login consent', 'create'] as const;
/** How the response may come back. `query` is the default of the code flow and is not sent. */
export const RESPONSE_MODES = ['query', 'form_post', 'fragment'] as const;

/** A response mode that this client can receive. */
export type ResponseMode = (typeof RESPONSE_MODES)[number];

/** What the user chose, as entered: an invalid entry must be shown again as it was. */
export interface SignInOptions {
  readonly scopes: readonly string[];
  /** More scopes, separated by spaces. */
  readonly moreScopes: string;
  readonly prompt: string;
  /** Seconds, decimal. */
  readonly maxAge: string;
  readonly loginHint: string;
  readonly responseMode: ResponseMode;
  readonly acrValues: string;
  /** The claims request, JSON (OpenID Connect Core 1.0 section 5.5). */
  readonly claims: string;
}

/** The entry fields that can be wrong. */
export type OptionField = 'moreScopes' | 'maxAge' | 'claims';

/** What a first-time visitor gets. */
export const DEFAULT_OPTIONS: SignInOptions = {
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  moreScopes: '',
  prompt: '',
  maxAge: '',
  loginHint: '',
  responseMode: 'query',
  acrValues: '',
  claims: '',
};

const LONGEST_ENTRY = 4096;

/** Reads the form of the start page; unknown choices become the default, long entries are cut at 4096 characters. */
export function readOptions(form: URLSearchParams): SignInOptions {
  const entry = (name: string) => (form.get(name) ?? '').trim().slice(0, LONGEST_ENTRY);
  const chosen = new Set(form.getAll('scope'));
  return {
    scopes: OFFERED_SCOPES.filter((scope) => chosen.has(scope)),
    moreScopes: entry('more_scopes'),
    prompt: OFFERED_PROMPTS.find((prompt) => prompt === entry('prompt')) ?? '',
    maxAge: entry('max_age'),
    loginHint: entry('login_hint'),
    responseMode: RESPONSE_MODES.find((mode) => mode === entry('response_mode')) ?? 'query',
    acrValues: entry('acr_values'),
    claims: entry('claims'),
  };
}

/** The scope parameter: chosen and further scopes, each once. */
export function requestedScope(options: SignInOptions): string {
  return [...new Set([...options.scopes, ...options.moreScopes.split(/\s+/).filter((scope) => scope !== '')])].join(
    ' ',
  );
}

/** What is wrong with the entries, by field; empty when nothing is. */
export function checkOptions(options: SignInOptions): ReadonlyMap<OptionField, string> {
  const problems = new Map<OptionField, string>();
  // RFC 6749 section 3.3: the alphabet of a scope token.
  if (!/^[!#-[\]-~\s]*$/.test(options.moreScopes)) {
    problems.set('moreScopes', 'Scopes are printable ASCII without " and \\, separated by spaces.');
  }
  if (!/^\d{0,9}$/.test(options.maxAge)) problems.set('maxAge', 'A whole number of seconds, such as 3600.');
  if (options.claims !== '' && !isJsonObject(parseJson(options.claims))) {
    problems.set('claims', 'This must be a JSON object, such as {"userinfo":{"email":null}}.');
  }
  return problems;
}

/** The parameters of one request that are made afresh each time. */
export interface OneTimeParameters {
  readonly state: string;
  readonly nonce: string;
  readonly codeChallenge: string;
}

/**
 * The authorization request parameters for these options, in the order they are shown (RFC 6749 section 4.1.1, OpenID Connect
 * Core 1.0 section 3.1.2.1, RFC 7636 section 4.3). Without `openid` there is no ID token, so no nonce either.
 */
export function authorizationParameters(
  options: SignInOptions,
  client: { readonly clientId: string; readonly redirectUri: string },
  once: OneTimeParameters,
): URLSearchParams {
  const scope = requestedScope(options);
  const entries: readonly (readonly [string, string])[] = [
    ['response_type', 'code'],
    ['client_id', client.clientId],
    ['redirect_uri', client.redirectUri],
    ['scope', scope],
    ['state', once.state],
    ['nonce', scope.split(' ').includes('openid') ? once.nonce : ''],
    ['code_challenge', once.codeChallenge],
    ['code_challenge_method', 'S256'],
    ['response_mode', options.responseMode === 'query' ? '' : options.responseMode],
    ['prompt', options.prompt],
    ['max_age', options.maxAge],
    ['login_hint', options.loginHint],
    ['acr_values', options.acrValues],
    ['claims', options.claims],
  ];
  return new URLSearchParams(entries.filter(([, value]) => value !== '').map(([name, value]) => [name, value]));
}

const PARAMETER_PURPOSES: ReadonlyMap<string, string> = new Map([
  ['response_type', 'Ask for an authorization code'],
  ['client_id', 'Who is asking'],
  ['redirect_uri', 'Where the answer goes; must be registered'],
  ['scope', 'What is asked for'],
  ['state', 'Random; ties the answer to this browser'],
  ['nonce', 'Random; ties the ID token to this request'],
  ['code_challenge', 'PKCE: SHA-256 of a secret that only this client knows'],
  ['code_challenge_method', 'PKCE: always S256 here'],
  ['response_mode', 'How the answer comes back'],
  ['prompt', 'Which pages the user must, or must not, see'],
  ['max_age', 'Sign in again when the last time is longer ago (seconds)'],
  ['login_hint', 'Who is probably signing in'],
  ['acr_values', 'How strong the sign-in should be'],
  ['claims', 'Single claims asked for'],
]);

/** What a parameter of the authorization request is for, in a few words. */
export function parameterPurpose(name: string): string {
  return PARAMETER_PURPOSES.get(name) ?? '';
}
