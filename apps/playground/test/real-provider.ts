import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJsonObject } from '../../kit/src/json.ts';
import { type Listening, listen } from './listen.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Client ID and secret that the test servers know. */
export const CLIENT = { clientId: 'playground-client', clientSecret: 'a-secret-that-must-not-be-shown' } as const;

function handlerOf(provider: unknown): Handler {
  // The package has no types; what is used of it is looked at here.
  if (typeof provider !== 'object' || provider === null || !('callback' in provider)) throw new Error('No provider');
  const { callback } = provider;
  if (typeof callback !== 'function') throw new Error('The provider has no callback()');
  const handler: unknown = callback.call(provider);
  if (typeof handler !== 'function') throw new Error('callback() made no handler');
  return (request, response) => handler(request, response);
}

/**
 * The npm package oidc-provider with its development login pages, over real HTTP, on another site than `localhost`.
 * `redirectUri`: of the one client.
 */
export async function startRealProvider(redirectUri: string): Promise<Listening> {
  const listening = await listen('127.0.0.1');
  // A specifier that the compiler does not follow, since the package ships without types.
  const name = 'oidc-provider';
  const loaded: unknown = await import(name);
  const construct = isJsonObject(loaded) ? loaded['default'] : undefined;
  if (typeof construct !== 'function') throw new Error('oidc-provider has no default export');
  const account = (id: string) => ({
    accountId: id,
    claims: () => ({ sub: id, name: 'Alice Adams', email: 'alice@example.com', email_verified: true }),
  });
  const provider: unknown = Reflect.construct(construct, [
    listening.origin,
    {
      clients: [
        {
          client_id: CLIENT.clientId,
          client_secret: CLIENT.clientSecret,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
        },
      ],
      claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
      cookies: { keys: ['test'] },
      features: {
        introspection: { enabled: true, allowedPolicy: () => true },
        revocation: { enabled: true, allowedPolicy: () => true },
        claimsParameter: { enabled: true },
      },
      findAccount: (_: unknown, id: string) => account(id),
    },
  ]);
  listening.use(handlerOf(provider));
  return listening;
}
