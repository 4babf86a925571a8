import { sha256 } from '../../crypto/digest.ts';
import { isClientId } from '../../domain/client-id.ts';
import type { StoredClient } from '../../domain/stored-client.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { events } from '../../events/catalogue.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import { createApiTokenCheck, noteInvalidApiToken } from '../bearer.ts';
import type { Endpoint, Provider, RequestContext } from '../context.ts';
import { jsonObjectBody } from '../params/json-body.ts';
import { emptyReply, jsonReply } from '../replies.ts';
import { clientInformation } from './client-information.ts';
import { listClients } from './list-clients.ts';
import { registrationProperties } from './properties.ts';
import { registerClient } from './register-client.ts';
import {
  clientRegistrant,
  initialTokenRule,
  isRegistrationToken,
  masterRegistrant,
  presentedToken,
  type Registrant,
  registrantOf,
} from './registrant.ts';
import { removeClient } from './remove-client.ts';
import { updateClient } from './update-client.ts';

/** An update that loses this many races in a row gives up. */
const maxUpdateAttempts = 10;

/** What can be done with registrations. */
export type RegistrationEndpoints = Readonly<Record<'register' | 'list' | 'read' | 'update' | 'remove', Endpoint>>;

/**
 * The `/clients` resource: OpenID Connect Dynamic Client Registration 1.0, RFC 7591 and RFC 7592, and a listing for holders
 * of a master token.
 */
export function createRegistrationEndpoints(provider: Provider): RegistrationEndpoints {
  const settings = provider.settingsOf(registrationProperties);
  const isMaster = createApiTokenCheck(settings.apiTokens);
  const rule = initialTokenRule(provider);

  const managed = (ctx: RequestContext, request: HttpRequest) => authorizeManagement(ctx, request, isMaster);

  const register: Endpoint = async (ctx, request) => {
    const registrant = await registrantOf(ctx, request, { isMaster, rule });
    const body = jsonObjectBody(request, settings.httpMaxRequestSize);
    return jsonReply(await registerClient(ctx, body, registrant), 201);
  };

  const list: Endpoint = async (ctx, request) => {
    if (!isMaster(presentedToken(request))) {
      throw new OAuthError('invalid-api-token', 'the bearer token matches no hash of op.reg.apiAccessTokenSHA256');
    }
    const reply = await listClients(ctx, request);
    ctx.emit(events.registration.read);
    return reply;
  };

  const read: Endpoint = async (ctx, request) => {
    const { client, token } = await managed(ctx, request);
    const reply = jsonReply(clientInformation(ctx.provider.issuer, existing(client), token));
    ctx.emit(events.registration.read);
    return reply;
  };

  const update: Endpoint = async (ctx, request) => {
    for (let attempt = 0; attempt < maxUpdateAttempts; attempt++) {
      const { client, token, registrant } = await managed(ctx, request);
      const stored = existing(client);
      const body = jsonObjectBody(request, settings.httpMaxRequestSize);
      const result = await updateClient(ctx, { read: stored, body, registrant, presentedToken: token });
      if (result !== 'changed') return jsonReply(result);
    }
    throw new OAuthError('concurrent-change', `${maxUpdateAttempts} attempts lost against other updates`);
  };

  const remove: Endpoint = async (ctx, request) => {
    const { clientId } = await managed(ctx, request);
    if (!(await removeClient(ctx, clientId))) throw noSuchClient();
    return emptyReply(204);
  };

  return {
    register: tellingOfRefusals(register),
    list: tellingOfRefusals(list),
    read: tellingOfRefusals(read),
    update: tellingOfRefusals(update),
    remove: tellingOfRefusals(remove),
  };
}

interface Managed {
  readonly clientId: string;
  /** `undefined` only for the holder of a master token. */
  readonly client: StoredClient | undefined;
  readonly registrant: Registrant;
  /** The registration access token that was presented; `undefined` for a master token. */
  readonly token: string | undefined;
}

/** Lets the holder of a master token or of the client's registration access token pass. */
async function authorizeManagement(
  ctx: RequestContext,
  request: HttpRequest,
  isMaster: (token: string) => boolean,
): Promise<Managed> {
  const token = presentedToken(request);
  const clientId = request.params['client_id'] ?? '';
  const client = isClientId(clientId) ? await ctx.provider.stores.clients.get(clientId) : undefined;
  if (isMaster(token)) return { clientId, client, registrant: masterRegistrant, token: undefined };
  if (!isRegistrationToken(sha256(token), client?.registration_token_hash)) {
    // The same answer whether the client is unknown or the token another's (RFC 7592, section 2.1).
    throw new OAuthError('invalid-token', 'neither a master token nor the registration access token of the client');
  }
  return { clientId, client, registrant: clientRegistrant, token };
}

function existing(client: StoredClient | undefined): StoredClient {
  if (!client) throw noSuchClient();
  return client;
}

function noSuchClient(): OAuthError {
  return new OAuthError('no-such-client', 'there is no client of that ID');
}

function tellingOfRefusals(endpoint: Endpoint): Endpoint {
  const { failed, invalidRequest, refused } = events.registration;
  return async (ctx, request) => {
    try {
      return await endpoint(ctx, request);
    } catch (error) {
      if (!(error instanceof OAuthError)) {
        ctx.emit(failed);
        throw error;
      }
      const clientId = request.params['client_id'] ?? '';
      const refusal = {
        client_id: isClientId(clientId) ? clientId : undefined,
        error: error.id,
        detail: error.detail,
      };
      if (error.status === 400) ctx.emit(invalidRequest, refusal);
      if (error.status === 401 || error.status === 403) {
        ctx.emit(refused, refusal);
        if (error.code === 'invalid_token') noteInvalidApiToken(ctx, 'op.reg.apiAccessTokenSHA256');
      }
      throw error;
    }
  };
}
