import { isJsonObject, type JsonObject } from '../../kit/src/json.ts';
import { defined, optionalNumber, optionalString, stringList } from './json.ts';

/** The client as prompts describe it. */
export interface ClientInfo {
  readonly clientId: string;
  readonly name?: string;
  readonly uri?: string;
  readonly logoUri?: string;
  readonly policyUri?: string;
  readonly tosUri?: string;
}

/** A subject session as prompts describe it; times in Unix seconds, lives in minutes. */
export interface SubjectSession {
  readonly sid?: string;
  readonly sub: string;
  readonly authTime?: number;
  readonly authLife?: number;
  readonly acr?: string;
  readonly amr: readonly string[];
  /** What the login page itself stored: the display name and the name to sign in with. */
  readonly name?: string;
  readonly login?: string;
}

/** The person has to be authenticated. */
export interface AuthMessage {
  readonly type: 'auth';
  readonly sid: string;
  readonly display: string;
  readonly selectAccount: boolean;
  readonly createAccount: boolean;
  readonly acr?: { readonly essential: boolean; readonly values: readonly string[] };
  readonly requiredSub?: string;
  readonly loginHint?: string;
  readonly session?: SubjectSession;
  readonly client?: ClientInfo;
}

/** Scope values or claims, and whether they were agreed to before. */
export interface ClaimsPrompt {
  readonly newEssential: readonly string[];
  readonly newVoluntary: readonly string[];
  readonly consented: readonly string[];
  readonly purposes: ReadonlyMap<string, string>;
}

/** The person has to agree. */
export interface ConsentMessage {
  readonly type: 'consent';
  readonly sid: string;
  readonly display: string;
  readonly session: SubjectSession;
  readonly client: ClientInfo;
  /** Without the values that the server says nobody knows. */
  readonly newScope: readonly string[];
  readonly consentedScope: readonly string[];
  readonly claims: ClaimsPrompt;
  /** Where the client wants to use the access (RFC 8707), if it says so. */
  readonly resources: { readonly new: readonly string[]; readonly consented: readonly string[] } | undefined;
}

/** The browser goes back to the client. */
export interface ResponseMessage {
  readonly type: 'response';
  readonly uri: string;
  /** Present for form_post: what to post to `uri`. */
  readonly form?: ReadonlyMap<string, string>;
  readonly subSid?: string;
}

/** A failure that may only be shown, never sent anywhere. */
export interface ErrorMessage {
  readonly type: 'error';
  readonly error: string;
  readonly description?: string;
  readonly errorUri?: string;
}

/** What the authorization session API answers. */
export type Message = AuthMessage | ConsentMessage | ResponseMessage | ErrorMessage;

function parseClient(value: unknown): ClientInfo | undefined {
  if (!isJsonObject(value)) return undefined;
  const clientId = optionalString(value['client_id']);
  if (clientId === undefined) return undefined;
  return {
    clientId,
    ...defined({
      name: optionalString(value['name']),
      uri: optionalString(value['uri']),
      logoUri: optionalString(value['logo_uri']),
      policyUri: optionalString(value['policy_uri']),
      tosUri: optionalString(value['tos_uri']),
    }),
  };
}

/** Reads a subject session object; `undefined` when it is none. */
export function parseSubjectSession(value: unknown): SubjectSession | undefined {
  if (!isJsonObject(value)) return undefined;
  const sub = optionalString(value['sub']);
  if (sub === undefined) return undefined;
  const data = isJsonObject(value['data']) ? value['data'] : {};
  return {
    sub,
    amr: stringList(value['amr']),
    ...defined({
      sid: optionalString(value['sid']),
      authTime: optionalNumber(value['auth_time']),
      authLife: optionalNumber(value['auth_life']),
      acr: optionalString(value['acr']),
      name: optionalString(data['name']),
      login: optionalString(data['login']),
    }),
  };
}

function parseAuth(value: JsonObject, sid: string): AuthMessage {
  const acr = value['acr'];
  return {
    type: 'auth',
    sid,
    display: optionalString(value['display']) ?? 'page',
    selectAccount: value['select_account'] === true,
    createAccount: value['create_account'] === true,
    ...defined({
      acr: isJsonObject(acr) ? { essential: acr['essential'] === true, values: stringList(acr['values']) } : undefined,
      requiredSub: optionalString(value['required_sub']),
      loginHint: optionalString(value['login_hint']),
      session: parseSubjectSession(value['sub_session']),
      client: parseClient(value['client']),
    }),
  };
}

function parsePurposes(value: unknown): ReadonlyMap<string, string> {
  const purposes = new Map<string, string>();
  if (!isJsonObject(value)) return purposes;
  for (const [claim, purpose] of Object.entries(value)) if (typeof purpose === 'string') purposes.set(claim, purpose);
  return purposes;
}

function parseConsent(value: JsonObject, sid: string): ConsentMessage | undefined {
  const session = parseSubjectSession(value['sub_session']);
  const client = parseClient(value['client']);
  if (session === undefined || client === undefined) return undefined;
  const scope = isJsonObject(value['scope']) ? value['scope'] : {};
  const claims = isJsonObject(value['claims']) ? value['claims'] : {};
  const fresh = isJsonObject(claims['new']) ? claims['new'] : {};
  const old = isJsonObject(claims['consented']) ? claims['consented'] : {};
  const newEssential = stringList(fresh['essential']);
  // Values that neither the server nor the client's registration knows are ignored (OpenID Connect Core, section 3.1.2.1).
  const unknown = new Set(stringList(scope['unknown']));
  const known = (values: unknown) => stringList(values).filter((value) => !unknown.has(value));
  const resource = value['resource'];
  return {
    type: 'consent',
    sid,
    display: optionalString(value['display']) ?? 'page',
    session,
    client,
    newScope: known(scope['new']),
    consentedScope: known(scope['consented']),
    claims: {
      newEssential,
      newVoluntary: stringList(fresh['voluntary']).filter((claim) => !newEssential.includes(claim)),
      consented: [...new Set([...stringList(old['essential']), ...stringList(old['voluntary'])])],
      purposes: parsePurposes(claims['purposes']),
    },
    resources: isJsonObject(resource)
      ? { new: stringList(resource['new']), consented: stringList(resource['consented']) }
      : undefined,
  };
}

function parseResponse(value: JsonObject): ResponseMessage | undefined {
  const parameters = value['parameters'];
  const uri = isJsonObject(parameters) ? optionalString(parameters['uri']) : undefined;
  if (!isJsonObject(parameters) || uri === undefined) return undefined;
  const form = parameters['form'];
  const fields = new Map<string, string>();
  if (isJsonObject(form)) {
    for (const [name, text] of Object.entries(form))
      if (text !== null && text !== undefined) fields.set(name, String(text));
  }
  return {
    type: 'response',
    uri,
    ...defined({ form: isJsonObject(form) ? fields : undefined, subSid: optionalString(value['sub_sid']) }),
  };
}

/** Reads a message of the authorization session API; `undefined` when it is none that this page understands. */
export function parseMessage(value: JsonObject): Message | undefined {
  const sid = optionalString(value['sid']);
  switch (value['type']) {
    case 'auth':
      return sid === undefined ? undefined : parseAuth(value, sid);
    case 'consent':
      return sid === undefined ? undefined : parseConsent(value, sid);
    case 'response':
      return parseResponse(value);
    case 'error':
      return {
        type: 'error',
        error: optionalString(value['error']) ?? 'invalid_request',
        ...defined({
          description: optionalString(value['error_description']),
          errorUri: optionalString(value['error_uri']),
        }),
      };
    default:
      return undefined;
  }
}

/** The members of a message that its page needs again when its form comes back; session identifiers are left out. */
export function messageForForm(message: AuthMessage | ConsentMessage): JsonObject {
  const { client, session } = message;
  const shared = {
    type: message.type,
    sid: message.sid,
    display: message.display,
    client: client && {
      client_id: client.clientId,
      name: client.name,
      uri: client.uri,
      logo_uri: client.logoUri,
      policy_uri: client.policyUri,
      tos_uri: client.tosUri,
    },
    sub_session: session && {
      sub: session.sub,
      auth_time: session.authTime,
      auth_life: session.authLife,
      acr: session.acr,
      amr: session.amr,
      data: { name: session.name, login: session.login },
    },
  };
  if (message.type === 'auth') {
    return {
      ...shared,
      select_account: message.selectAccount,
      create_account: message.createAccount,
      acr: message.acr,
      required_sub: message.requiredSub,
      login_hint: message.loginHint,
    };
  }
  const { newEssential, newVoluntary, consented } = message.claims;
  return {
    ...shared,
    scope: { new: message.newScope, consented: message.consentedScope },
    claims: { new: { essential: newEssential, voluntary: newVoluntary }, consented: { voluntary: consented } },
    resource: message.resources,
  };
}
