import { isControlWord } from '../../domain/claim-names.ts';
import { parseScope } from '../../domain/scope.ts';
import { isReservedScope } from '../reserved-scope.ts';
import { isResource, maxResources } from '../resources.ts';
import { applicationTypeOf } from './application-type.ts';
import { type Check, type ClientMember, clientMember, mayRegister } from './client-member.ts';
import { fewerItems, fewerWords, unchanged } from './member-power.ts';
import { asText, asTexts, httpsUrl, object, refuse, text, texts, webUrl, wordOf } from './metadata-check.ts';

const scope: Check = (value, name, ctx) => {
  if (typeof value !== 'string') refuse(name, 'expected a string');
  const values = parseScope(value);
  if (!values) refuse(name, 'expected at most 200 scope values of the characters of RFC 6749, section 3.3');
  if (values.some(isControlWord)) refuse(name, 'a value is a control word of the login page, such as *');
  const reserved = values.some((word) => isReservedScope(word, ctx.provider.issuer));
  // Whoever may register clients could otherwise multiply that power, or get it by the consent of a user.
  if (reserved && ctx.registrant.kind !== 'master' && ctx.registrant.kind !== 'client') {
    refuse(name, 'a scope value that gives power over the server may only be registered with a master token');
  }
  return values.join(' ');
};

/** What a client may ask tokens for (RFC 8707). It may give up resources by itself, and gets others from the privileged. */
const resources: Check = (value, name, ctx) => {
  const uris = asTexts(value, name);
  if (uris.length > maxResources || !uris.every(isResource)) {
    refuse(name, `expected at most ${maxResources} absolute URIs without fragment`);
  }
  if (uris.length > 0 && !mayRegister(ctx, 'client-reg:set-resources')) {
    refuse(name, 'may only be set with a master token or the scope client-reg:set-resources');
  }
  return uris;
};

const data: Check = (value, name, ctx) => {
  if (!mayRegister(ctx, 'client-reg:set-data')) {
    refuse(name, 'may only be set with a master token or the scope client-reg:set-data');
  }
  return object(value, name, ctx);
};

const subjectType: Check = (value, name) => {
  const type = asText(value, name);
  if (type === 'pairwise') refuse(name, 'pairwise is not supported by this server');
  if (type !== 'public') refuse(name, 'expected public');
  return type;
};

/** Publishers of software send `1.0` where a text was asked for. */
const version: Check = (value, name) => asText(typeof value === 'number' ? String(value) : value, name);

const tagged = { tagged: true };

/** What a client is, to people and to the server (RFC 7591, section 2), whatever else it can do. */
export const generalClientMembers: readonly ClientMember[] = [
  clientMember(
    'application_type',
    wordOf(() => ['web', 'native']),
    { defaultValue: (_provider, metadata) => applicationTypeOf(metadata) },
  ),
  clientMember('scope', scope, { power: fewerWords }),
  clientMember('resources', resources, { power: fewerItems }),
  clientMember('subject_type', subjectType, { defaultValue: () => 'public', power: unchanged }),
  clientMember('client_name', text, tagged),
  clientMember('logo_uri', webUrl, tagged),
  clientMember('client_uri', webUrl, tagged),
  clientMember('policy_uri', webUrl, tagged),
  clientMember('tos_uri', webUrl, tagged),
  clientMember('contacts', texts),
  clientMember('organization_name', text),
  clientMember('software_id', text),
  clientMember('software_version', version),
  clientMember('initiate_login_uri', httpsUrl),
  clientMember('data', data, { power: unchanged }),
];
