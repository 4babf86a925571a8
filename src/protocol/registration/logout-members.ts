import { checkRedirectTarget } from '../../domain/redirect-uri.ts';
import { type Check, type ClientMember, clientMember } from './client-member.ts';
import { asText, flag, httpsUrl, listOf, refuse } from './metadata-check.ts';
import { registrationProperties } from './properties.ts';

const postLogoutRedirectUri: Check = (value, name) => {
  const uri = asText(value, name);
  const reason = checkRedirectTarget(uri);
  if (reason !== undefined) refuse(name, reason);
  return uri;
};

const frontchannelLogoutUri: Check = (value, name, ctx) => {
  const uri = asText(value, name);
  const reason = checkRedirectTarget(uri);
  if (reason !== undefined) refuse(name, reason);
  const { hostname, protocol } = new URL(uri);
  if (protocol === 'https:') return uri;
  const plain = protocol === 'http:';
  if (plain && ctx.provider.settingsOf(registrationProperties).allowNonTlsLogoutUrisForTest) return uri;
  const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (ctx.applicationType === 'native' && (!plain || local)) return uri;
  refuse(name, 'expected an https URL');
};

const backchannelLogoutUri: Check = (value, name, ctx) => {
  httpsUrl(value, name, ctx);
  return postLogoutRedirectUri(value, name, ctx);
};

/** Where a client is told, or told off to, when a session ends (OpenID Connect RP-Initiated, Front- and Back-Channel Logout). */
export const logoutMembers: readonly ClientMember[] = [
  clientMember('post_logout_redirect_uris', listOf(postLogoutRedirectUri)),
  clientMember('frontchannel_logout_uri', frontchannelLogoutUri),
  clientMember('frontchannel_logout_session_required', flag),
  clientMember('backchannel_logout_uri', backchannelLogoutUri),
  clientMember('backchannel_logout_session_required', flag),
];
