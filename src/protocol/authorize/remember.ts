import { type Agreement, joined, noAgreement, within, without } from '../../domain/agreement.ts';
import { type Authorization, authorizationKey, type RememberedAuthorization } from '../../domain/authorization.ts';
import type { ShownConsent } from '../../domain/authorization-request.ts';
import { accessTokenClaimPrefix, plainClaim } from '../../domain/claim-names.ts';
import type { Provider } from '../context.ts';
import type { Requested } from './consent-question.ts';
import type { Granted } from './granted.ts';

/** An answer to a consent prompt: what it showed, and what was granted. */
export interface Answer {
  readonly requested: Requested;
  readonly shown: ShownConsent;
  readonly granted: Granted;
}

/** Remembers an answer: what was agreed to, and what was left out. Writes nothing when all of it is remembered already. */
export async function remember(provider: Provider, authorization: Authorization, answer: Answer): Promise<void> {
  const now = provider.clock.now();
  await provider.stores.authorizations.change(authorizationKey(authorization), (current) => {
    const next = answer.granted.longLived ? remembering(current, authorization, answer) : amending(current, answer);
    if (!next || (current && sameMemory(current, next))) return undefined;
    return { ...next, createdAt: current?.createdAt ?? now, updatedAt: now };
  });
}

type Memory = Omit<RememberedAuthorization, 'createdAt' | 'updatedAt'>;

/** Longest list that is remembered; of more, the oldest are asked again. */
export const maxRemembered = 1000;

function remembering(
  current: RememberedAuthorization | undefined,
  { issuer, subject, actor, clientId }: Authorization,
  { requested, shown, granted }: Answer,
): Memory {
  const { agreed, declined } = current ?? { agreed: noAgreement, declined: noAgreement };
  const given = givenBy(granted);
  const leftOut = without(shown.all, given);
  // Claims and audience that nobody asked for are no agreement with the client, but part of the order.
  const asked = { ...within(given, requested), scope: given.scope };
  return {
    issuer,
    subject,
    actor,
    clientId,
    agreed: bounded(joined(without(agreed, leftOut), asked)),
    declined: bounded(joined(without(declined, given), leftOut)),
    order: granted.tokens,
    orderedClaims: granted.claims.filter((name) => name.startsWith(accessTokenClaimPrefix)),
    orderedAudience: granted.audience.filter((resource) => !requested.audience.includes(resource)),
  };
}

/** An answer that is not to be remembered still takes back what it leaves out of an earlier one. */
function amending(current: RememberedAuthorization | undefined, { shown, granted }: Answer): Memory | undefined {
  if (!current) return undefined;
  const given = givenBy(granted);
  const takenBack = without(shown.agreed, given);
  return {
    ...current,
    agreed: without(current.agreed, takenBack),
    declined: bounded(joined(without(current.declined, given), takenBack)),
  };
}

function givenBy({ scope, claims, audience }: Granted): Agreement {
  return { scope, claims: [...new Set(claims.map(plainClaim))], audience };
}

function bounded({ scope, claims, audience }: Agreement): Agreement {
  return {
    scope: scope.slice(-maxRemembered),
    claims: claims.slice(-maxRemembered),
    audience: audience.slice(-maxRemembered),
  };
}

function sameMemory(current: RememberedAuthorization, next: Memory): boolean {
  return JSON.stringify(memoryOf(current)) === JSON.stringify(memoryOf(next));
}

function memoryOf({ agreed, declined, order, orderedClaims, orderedAudience }: Memory) {
  return [agreed.scope, agreed.claims, agreed.audience, declined.scope, declined.claims, declined.audience]
    .concat([orderedClaims, orderedAudience])
    .concat(Object.entries(order).map((entry) => [JSON.stringify(entry)]));
}
