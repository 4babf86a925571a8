import type { RevocationScope } from '../domain/revocation.ts';
import type { GrantStore } from '../ports/stores/grants.ts';
import type { RevocationStore } from '../ports/stores/revocations.ts';
import type { AccessTokenStore, CodeStore, Storage, TenantStores } from '../ports/stores/stores.ts';
import type { SubjectSessionStore } from '../ports/stores/subject-sessions.ts';

/** The two storages that one is composed of, which may be the same. */
export interface StorageParts {
  /** Clients, remembered authorizations, grants, revocations and keys. */
  readonly durable: Storage;
  /**
   * What expires by itself: codes, access tokens, subject sessions, expended identifiers and records. Sessions and records
   * stay together, since what follows from the end of a session is written with it.
   */
  readonly shortLived: Storage;
}

/**
 * One storage out of two. Whether a code or access token was revoked is asked of the durable one, the session of a grant of
 * the other, which costs a second round trip each. Closing closes both.
 */
export function composeStorage({ durable, shortLived }: StorageParts): Storage {
  if (durable === shortLived) return durable;
  const tenants = new Map<string, TenantStores>();
  return {
    atRest: durable.atRest,
    description: `${durable.description}; for what is short-lived ${shortLived.description}`,
    tenant(tid) {
      const tenant = tenants.get(tid) ?? composeTenant(durable.tenant(tid), shortLived.tenant(tid));
      tenants.set(tid, tenant);
      return tenant;
    },
    async purge(follow) {
      const gone = await Promise.all([durable.purge(), shortLived.purge(follow)]);
      return gone[0] + gone[1];
    },
    async claim(issuer, options) {
      const owner = await durable.claim(issuer, options);
      return owner === issuer ? shortLived.claim(issuer, options) : owner;
    },
    async check() {
      await Promise.all([durable.check(), shortLived.check()]);
    },
    async close() {
      // Both, whatever becomes of the first: what it rejects with is told.
      const outcomes = await Promise.allSettled([shortLived.close(), durable.close()]);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}

function composeTenant(durable: TenantStores, shortLived: TenantStores): TenantStores {
  return {
    clients: durable.clients,
    authorizations: durable.authorizations,
    grants: composeGrants(durable.grants, shortLived.subjectSessions),
    revocations: durable.revocations,
    keys: durable.keys,
    codes: composeCodes(shortLived.codes, durable.revocations),
    accessTokens: composeAccessTokens(shortLived.accessTokens, durable.revocations),
    expended: shortLived.expended,
    subjectSessions: shortLived.subjectSessions,
    records: (kind) => shortLived.records(kind),
  };
}

function composeGrants(grants: GrantStore, sessions: SubjectSessionStore): GrantStore {
  return {
    add: grants.add,
    use: grants.use,
    end: grants.end,
    count: grants.count,
    async find(grantId, key) {
      const found = await grants.find(grantId, key);
      const sessionKey = found.grant?.authorization.sessionKey;
      return { ...found, session: sessionKey === undefined ? undefined : await sessions.get(sessionKey) };
    },
  };
}

function composeCodes(codes: CodeStore, revocations: RevocationStore): CodeStore {
  return {
    issue: codes.issue,
    count: codes.count,
    async redeem(key) {
      const redemption = await codes.redeem(key);
      if (redemption.outcome !== 'redeemed') return redemption;
      const { authorization } = redemption.code;
      const standing = await revocations.standing(scopeOf(authorization), [authorization.grantId]);
      return { ...redemption, standing };
    },
  };
}

function composeAccessTokens(accessTokens: AccessTokenStore, revocations: RevocationStore): AccessTokenStore {
  return {
    issue: accessTokens.issue,
    remove: accessTokens.remove,
    count: accessTokens.count,
    async find(key) {
      const found = await accessTokens.find(key);
      if (!found) return undefined;
      const { token } = found;
      return { token, standing: await revocations.standing(scopeOf(token), [token.grantId, token.id]) };
    },
  };
}

function scopeOf({
  subject,
  actor = '',
  clientId,
}: {
  readonly subject: string;
  readonly actor: string | undefined;
  readonly clientId: string;
}): RevocationScope {
  return { subject, actor, clientId };
}
