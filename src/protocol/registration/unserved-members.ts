import { type ClientMember, clientMember } from './client-member.ts';
import { fetchedUrl, texts, unsupported, unsupportedFlag, wordOf } from './metadata-check.ts';

/** Taken and kept, without effect until there is a feature for them. */
const kept = [
  clientMember('client_registration_types', texts),
  clientMember('authorization_details_types', texts),
  clientMember(
    'backchannel_token_delivery_mode',
    wordOf(() => ['poll']),
  ),
  clientMember('backchannel_client_notification_endpoint', fetchedUrl),
];

/** Refused: to take them would promise protection that is not there. */
const refused = [
  'backchannel_authentication_request_signing_alg',
  'sector_identifier_uri',
  'request_object_signing_alg',
  'request_object_encryption_alg',
  'request_object_encryption_enc',
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
  'authorization_signed_response_alg',
  'authorization_encrypted_response_alg',
  'authorization_encrypted_response_enc',
  'id_token_encrypted_response_alg',
  'id_token_encrypted_response_enc',
  'userinfo_signed_response_alg',
  'userinfo_encrypted_response_alg',
  'userinfo_encrypted_response_enc',
].map((name) => clientMember(name, unsupported));

/** The same, where `false` promises nothing. */
const refusedSwitches = [
  'backchannel_user_code_parameter',
  'require_pushed_authorization_requests',
  'require_signed_request_object',
  'dpop_bound_access_tokens',
  'tls_client_certificate_bound_access_tokens',
].map((name) => clientMember(name, unsupportedFlag));

/** Standard members that no built-in feature serves, by name. They count where no feature adds a member of the name. */
export const unservedMembers: ReadonlyMap<string, ClientMember> = new Map(
  [...kept, ...refused, ...refusedSwitches].map((member) => [member.name, member]),
);
