import { fatal } from '../../src/config/problem.ts';
import { integer } from '../../src/config/property.ts';
import { OAuthError } from '../../src/errors/oauth-error.ts';
import { clientAuthenticationFailed } from '../../src/events/client-events.ts';
import { counted, info } from '../../src/events/event.ts';
import { recordKind } from '../../src/ports/stores/records.ts';
import { type PromptValue, prompts } from '../../src/protocol/authorize/prompt-value.ts';
import { claimsSources } from '../../src/protocol/claims/claims-sources.ts';
import { createClientAuthentication } from '../../src/protocol/client-auth/authenticate-client.ts';
import type { AuthenticatedClient } from '../../src/protocol/client-auth/authenticated-client.ts';
import {
  type ClientAuthMethod,
  clientAuthMethods,
  disproved,
  proven,
} from '../../src/protocol/client-auth/client-auth-method.ts';
import { clientEndpoint } from '../../src/protocol/client-auth/client-endpoint.ts';
import type { Endpoint, Provider } from '../../src/protocol/context.ts';
import { byClient } from '../../src/protocol/features/access.ts';
import { form, json } from '../../src/protocol/features/body-shape.ts';
import type { Feature } from '../../src/protocol/features/feature.ts';
import { add } from '../../src/protocol/features/kinds.ts';
import { clientCredentialsGrant } from '../../src/protocol/grants/client-credentials.ts';
import { type GrantType, grantTypes } from '../../src/protocol/grants/grant-type.ts';
import { tokensProperties } from '../../src/protocol/issuing/properties.ts';
import { required, strictForm } from '../../src/protocol/params/form.ts';
import { clientMember } from '../../src/protocol/registration/client-member.ts';
import { refuse, text } from '../../src/protocol/registration/metadata-check.ts';
import { jsonReply } from '../../src/protocol/replies.ts';
import { type ResponseMode, responseModes } from '../../src/protocol/response-modes/response-mode.ts';

/** A property. */
export const voucherProperties = {
  lifetime: integer('op.vouchers.lifetime', 60, 'Time in which a voucher can be redeemed.', {
    unit: 'seconds',
    min: 1,
  }),
} as const;

/** A record of its own: who may redeem a voucher, and what for. */
export interface Voucher {
  readonly clientId: string;
  readonly scope: readonly string[];
}

/** Where they are kept. */
export const vouchers = recordKind<Voucher>('voucher');

/** Events of its own. */
const voucherEvents = {
  clientAuthenticationFailed: clientAuthenticationFailed('OP9998', 'voucher'),
  failed: counted('voucherEndpoint.serverErrors', 'A request failed for an internal reason'),
  ordered: info('OP9999', 'Voucher ordered', { clientId: 'text' }, { meter: 'voucherEndpoint.vouchers' }),
} as const;

/** An endpoint: a client orders a voucher. */
function createVoucherEndpoint(provider: Provider): Endpoint {
  const { clock, random, settingsOf, stores } = provider;
  const authenticate = createClientAuthentication(provider, voucherEvents.clientAuthenticationFailed);
  return clientEndpoint<AuthenticatedClient>(provider, {
    failure: voucherEvents.failed,
    timer: undefined,
    form: strictForm,
    authenticate: (ctx, request, { params }) => authenticate(ctx, request, params),
    async serve(ctx, { caller: { client }, form: { params } }) {
      const voucher = random.text(16);
      const { lifetime } = settingsOf(voucherProperties);
      const scope = required(params, 'scope').split(' ');
      await stores.records(vouchers).create(voucher, { clientId: client.id, scope }, clock.now() + lifetime);
      ctx.emit(voucherEvents.ordered, { clientId: client.id });
      return jsonReply({ voucher, expires_in: lifetime }, 201);
    },
    refused() {},
  });
}

/** A grant: a voucher is good for one token. */
const voucherGrant: GrantType = {
  name: 'urn:example:voucher',
  metric: 'voucher',
  openToAll: false,
  isEnabled: () => true,
  async decide(ctx, request) {
    const { stores } = ctx.provider;
    const voucher = await stores.records(vouchers).take(required(request.params, 'voucher'));
    if (voucher?.clientId !== request.client.client.id) {
      throw new OAuthError('invalid-code', 'no such voucher of the client');
    }
    const decision = await clientCredentialsGrant.decide(ctx, request);
    return { ...decision, authorization: { ...decision.authorization, scope: voucher.scope } };
  },
};

/** A client authentication method, by a member of the client metadata. */
const pinMethod: ClientAuthMethod = {
  name: 'x_pin',
  needsSecret: false,
  implicit: false,
  find(_ctx, _request, params) {
    const credential = params.get('pin');
    return credential === undefined ? undefined : { clientId: params.get('client_id') ?? '', credential };
  },
  verify: (_ctx, { metadata }, { credential }) => (metadata['pin'] === credential ? proven : disproved('wrong pin')),
};

/** A response mode: all parameters in one. */
const envelopeMode: ResponseMode = {
  name: 'x_envelope',
  deliver(_ctx, { redirectUri }, parameters) {
    const envelope = Buffer.from(JSON.stringify(parameters)).toString('base64url');
    return { mode: 'x_envelope', parameters: { uri: `${redirectUri}?envelope=${envelope}` } };
  },
};

/** A prompt that has the consent asked again. */
const confirmPrompt: PromptValue = { name: 'x_confirm', exclusive: false, forces: 'consent' };

/** A feature of everything that a feature may add, in one value. */
export const voucherFeature: Feature = {
  name: 'vouchers',
  title: 'Vouchers',
  place: '/vouchers',
  properties: voucherProperties,
  check(settingsOf) {
    const { accessTokenLifetime } = settingsOf(tokensProperties);
    if (settingsOf(voucherProperties).lifetime <= accessTokenLifetime) return [];
    return [fatal('op.vouchers.lifetime', `is longer than that of access tokens, ${accessTokenLifetime} s`, '')];
  },
  routes: [
    {
      method: 'POST',
      path: '/vouchers',
      purpose: 'Order a voucher',
      access: byClient,
      request: form({ scope: 'string' }),
      response: json({ voucher: 'string', expires_in: 'number' }),
      endpoint: createVoucherEndpoint,
    },
  ],
  metadata: ({ issuer }) => ({ voucher_endpoint: `${issuer}/vouchers` }),
  clientMetadata: [
    clientMember('pin', text, {
      agree({ pin, token_endpoint_auth_method: method }) {
        if (method === 'x_pin' && pin === undefined) refuse('pin', 'expected one, for x_pin');
      },
    }),
  ],
  registers: () => [
    add(grantTypes, voucherGrant),
    add(clientAuthMethods, pinMethod),
    add(responseModes, envelopeMode),
    add(prompts, confirmPrompt),
    add(claimsSources, {
      name: 'colours',
      enabled: true,
      supportedClaims: ['favourite_colour'],
      property: '',
      open: () => ({
        name: 'colours',
        supportedClaims: ['favourite_colour'],
        getClaims: async (subject) => ({ favourite_colour: `that of ${subject}` }),
      }),
    }),
  ],
  records: [vouchers],
  events: voucherEvents,
  gauges: ({ stores }) => ({ 'vouchers.numVouchers': () => stores.records(vouchers).count() }),
  health: () => [{ name: 'vouchers.printer', check: async () => {} }],
};
