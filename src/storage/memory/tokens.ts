import type { AccessToken } from '../../domain/access-token.ts';
import type { PendingCode } from '../../domain/pending-code.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AccessTokenStore, CodeStore, ExpendedStore, RevocationTarget } from '../../ports/stores/stores.ts';
import { countOf, createExpiringMap } from './expiring-map.ts';

interface KeptCode {
  readonly code: PendingCode;
  readonly expiresAt: number;
  readonly retainUntil: number;
  readonly redeemed: boolean;
}

/** Codes, identifier access tokens and the registry of one-time objects in memory. */
export function createTokenStores(clock: Clock, latestRevocation: (token: RevocationTarget) => number | undefined) {
  const codes = createExpiringMap<KeptCode>(clock);
  const tokens = createExpiringMap<AccessToken>(clock);
  const uses = createExpiringMap<number>(clock);

  const codeStore: CodeStore = {
    async issue(key, code, expiresAt, retainUntil) {
      codes.set(key, { code, expiresAt, retainUntil, redeemed: false }, expiresAt);
    },
    async redeem(key) {
      const kept = codes.get(key);
      if (!kept) return { outcome: 'unknown' };
      if (kept.redeemed) return { outcome: 'replayed', code: kept.code };
      codes.set(key, { ...kept, redeemed: true }, kept.retainUntil);
      return { outcome: 'redeemed', code: kept.code };
    },
    async count() {
      let count = 0;
      for (const [, kept] of codes.entries()) if (!kept.redeemed) count++;
      return count;
    },
  };

  const accessTokens: AccessTokenStore = {
    async issue(key, token) {
      tokens.set(key, token, token.exp);
    },
    async find(key) {
      const token = tokens.get(key);
      return token && { token, revokedAt: latestRevocation(token) };
    },
    async remove(key) {
      return tokens.delete(key);
    },
    async count() {
      return countOf(tokens);
    },
  };

  const expended: ExpendedStore = {
    async consume(kind, id, expiresAt) {
      const key = `${kind} ${id}`;
      const at = uses.get(key);
      if (at !== undefined) return { first: false, at };
      uses.set(key, clock.now(), expiresAt);
      return { first: true };
    },
    async find(kind, id) {
      return uses.get(`${kind} ${id}`);
    },
    async recordUse(kind, id, expiresAt) {
      const key = `${kind} ${id}`;
      const before = uses.get(key);
      uses.set(key, clock.now(), expiresAt);
      return before;
    },
    async count() {
      return countOf(uses);
    },
  };

  return {
    codes: codeStore,
    accessTokens,
    expended,
    purge: (limit: number) => codes.purge(limit) + tokens.purge(limit) + uses.purge(limit),
  };
}
