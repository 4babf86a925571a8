import type { RevocationScope, RevocationTarget } from '../domain/revocation.ts';

/**
 * The members of a target as they are stored: empty text where one is not given. Throws `TypeError` for an empty subject or
 * client, which is a defect of the caller and must not be taken for a target that covers everything.
 */
export function revocationMembers({ subject, actor, clientId }: RevocationTarget): RevocationScope {
  if (subject === '' || clientId === '') {
    throw new TypeError('Revocation target: expected a subject and a client that are absent or not empty');
  }
  return { subject: subject ?? '', actor: actor ?? '', clientId: clientId ?? '' };
}

/** The same for the removal of remembered authorizations, which throws `TypeError` too when no member is given. */
export function removalMembers(filter: RevocationTarget): RevocationScope {
  const members = revocationMembers(filter);
  if (members.subject === '' && members.actor === '' && members.clientId === '') {
    throw new TypeError('Removal of authorizations: expected at least one of subject, actor, clientId, received none');
  }
  return members;
}
