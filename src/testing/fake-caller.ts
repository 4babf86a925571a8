import { sha256Hex } from '../crypto/digest.ts';
import type { AccessToken } from '../domain/access-token.ts';
import type { JsonObject } from '../domain/json.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import type { HttpReply, HttpRequest } from '../ports/endpoint.ts';
import type { Endpoint, Provider, RequestContext } from '../protocol/context.ts';
import { createRegistrationRoutes } from '../protocol/registration/client-routes.ts';
import { refusalReply } from '../protocol/replies.ts';
import { createFakeProvider, type FakeProvider, type FakeProviderOptions } from './fake-provider.ts';

/** For tests: a master token that the fake provider knows. */
export const masterToken = 'ztucZS1ZyFKgh0tUEruUtiSTXhnexmd6';

/** For tests: an answer, as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Record<string, unknown>;
}

/** For tests: what to send. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The client ID in the path. */
  readonly id?: string;
  readonly token?: string;
  readonly json?: JsonObject;
  readonly raw?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** For tests: the registration resource with a caller that does what the HTTP layer does. */
export interface Registrations extends FakeProvider {
  /** Access tokens that are valid as initial ones. */
  readonly accessTokens: Map<string, AccessToken>;
  call(call: Call): Promise<Answer>;
  /** Registers as master and expects success. */
  register(json: JsonObject): Promise<Record<string, unknown>>;
}

/** For tests: makes one. */
export function createRegistrations(options: FakeProviderOptions = {}): Registrations {
  const fake = createFakeProvider({
    ...options,
    registration: { apiTokens: new Map([['', sha256Hex(masterToken)]]), ...options.registration },
  });
  const accessTokens = new Map<string, AccessToken>();
  const provider = withAccessTokens(fake.provider, accessTokens);
  const routes = createRegistrationRoutes(provider);

  const call = async ({ method = 'POST', id, token, json, raw, query = '', headers }: Call): Promise<Answer> => {
    const path = id === undefined ? '/clients' : '/clients/{client_id}';
    const route = routes.find((each) => each.method === method && each.path === path);
    if (!route) throw new Error(`no route ${method} ${path}`);
    const text = raw ?? (json === undefined ? '' : JSON.stringify(json));
    return answer(
      route.endpoint,
      { ...fake.ctx, provider },
      {
        method,
        params: id === undefined ? {} : { client_id: id },
        query,
        headers: {
          ...(text === '' ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        body: Buffer.from(text),
      },
    );
  };
  const register = async (json: JsonObject) => {
    const { status, body } = await call({ token: masterToken, json });
    if (status !== 201) throw new Error(`registration failed: ${JSON.stringify(body)}`);
    return body;
  };
  return { ...fake, accessTokens, call, register };
}

/** The provider with access tokens whose text is what they are kept under. */
function withAccessTokens(provider: Provider, accessTokens: ReadonlyMap<string, AccessToken>): Provider {
  const find = async (key: string) => {
    const token = accessTokens.get(key);
    return token && { token, revokedAt: undefined };
  };
  return {
    ...provider,
    identifiers: { ...provider.identifiers, check: (_purpose, text) => ({ value: text, key: text }) },
    stores: { ...provider.stores, accessTokens: { ...provider.stores.accessTokens, find } },
  };
}

async function answer(endpoint: Endpoint, ctx: RequestContext, request: HttpRequest): Promise<Answer> {
  const { status, headers, body } = await replyOf(endpoint, ctx, request);
  return { status, headers, body: body.length === 0 ? {} : JSON.parse(body.toString()) };
}

async function replyOf(endpoint: Endpoint, ctx: RequestContext, request: HttpRequest): Promise<HttpReply> {
  try {
    return await endpoint(ctx, request);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return refusalReply(error);
  }
}
