import { events } from '../../events/catalogue.ts';
import { tokensProperties } from '../issuing/properties.ts';
import type { ResponsePart, ResponseType } from './response-type.ts';

/** An authorization code (RFC 6749, section 4.1.2), kept with all that its redemption needs. */
const codePart: ResponsePart = {
  name: 'code',
  async make(ctx, { request, authorization, idToken }) {
    const { identifiers, stores, clock, settingsOf } = ctx.provider;
    const { redirectUri, redirectUriExplicit, codeChallenge, codeChallengeMethod } = request;
    const code = { authorization, redirectUri, redirectUriExplicit, codeChallenge, codeChallengeMethod, idToken };
    const { identifier, key } = identifiers.issue('authorization-code');
    const now = clock.now();
    const lifetime = settingsOf(tokensProperties).codeLifetime;
    await stores.codes.issue(key, code, now + lifetime, now + 2 * lifetime);
    ctx.emit(events.token.codeIssued);
    return { code: identifier };
  },
};

/** `response_type=code` (RFC 6749, section 4.1). */
export const codeResponseType: ResponseType = {
  name: 'code',
  defaultMode: 'query',
  grantType: 'authorization_code',
  parts: [codePart],
};
