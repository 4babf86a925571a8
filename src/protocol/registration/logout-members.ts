import { quotedValue } from '../../config/mask.ts';
import type { Json } from '../../domain/json.ts';
import { checkRedirectTarget } from '../../domain/redirect-uri.ts';
import { type Check, type CheckContext, type ClientMember, clientMember } from './client-member.ts';
import { asText, fetchedUrl, flag, listOf, refuse } from './metadata-check.ts';
import { registrationProperties } from './properties.ts';

/** A place to go to after a logout, with nothing in it that is executed. */
function targetOf(value: Json, name: string, { provider }: CheckContext): string {
  const uri = asText(value, name);
  const reason = checkRedirectTarget(uri, provider.settingsOf(registrationProperties).allowedCustomSchemes);
  if (reason !== undefined) {
    refuse(name, reason, `received ${quotedValue(uri)} (${registrationProperties.allowedCustomSchemes.name})`);
  }
  return uri;
}

const frontchannelLogoutUri: Check = (value, name, ctx) => {
  const uri = targetOf(value, name, ctx);
  const { hostname, protocol } = new URL(uri);
  if (protocol === 'https:') return uri;
  const plain = protocol === 'http:';
  if (plain && ctx.provider.settingsOf(registrationProperties).allowNonTlsLogoutUrisForTest) return uri;
  const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (ctx.applicationType === 'native' && (!plain || local)) return uri;
  const { name: property } = registrationProperties.allowNonTlsLogoutUrisForTest;
  refuse(
    name,
    'expected an https URL',
    `received ${quotedValue(uri)} of a ${ctx.applicationType} client (${property})`,
  );
};

const backchannelLogoutUri: Check = (value, name, ctx) => {
  fetchedUrl(value, name, ctx);
  return targetOf(value, name, ctx);
};

/** Where a client is told, or told off to, when a session ends (OpenID Connect RP-Initiated, Front- and Back-Channel Logout). */
export const logoutMembers: readonly ClientMember[] = [
  clientMember('post_logout_redirect_uris', listOf(targetOf)),
  clientMember('frontchannel_logout_uri', frontchannelLogoutUri),
  clientMember('frontchannel_logout_session_required', flag),
  clientMember('backchannel_logout_uri', backchannelLogoutUri),
  clientMember('backchannel_logout_session_required', flag),
];
