import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { KeyStore } from '../ports/stores/stores.ts';
import { generateSuccessor } from './generate-keys.ts';
import { createKeyCustody } from './key-custody.ts';
import { firstContext } from './key-document.ts';
import {
  inOrder,
  isRotated,
  type KeyStanding,
  type ManagedKey,
  type RotationRules,
  replaceable,
  roleOf,
  standings,
  withoutGone,
  withoutKey,
} from './key-schedule.ts';
import { custodySettings, rsaKeySize } from './key-settings.ts';
import { withNewKeys } from './key-upkeep.ts';
import type { KeySettings } from './properties.ts';
import { rotationRules } from './rotation-rules.ts';

/** A key set with what an operator may want to know. Times are Unix seconds. */
export interface KeyReport {
  readonly now: number;
  readonly rules: RotationRules;
  /** Best first. */
  readonly keys: readonly KeyStanding[];
}

/** What a rotation did. */
export interface RotationReport extends KeyReport {
  /** The keys that have successors now. */
  readonly replaced: readonly ManagedKey[];
  readonly successors: readonly ManagedKey[];
}

/** What a revocation did. */
export interface RevocationReport extends KeyReport {
  readonly revoked: KeyStanding;
  /** The key that is used in its place from now on, if it was in use. */
  readonly successor: ManagedKey | undefined;
}

/** A change of keys that makes no sense as things are; the message is for the operator. */
export class KeysUnchanged extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeysUnchanged';
  }
}

/** What operators do with the keys in the store. All of it holds for every process, each of which reads the store by itself. */
export interface KeyManagement {
  report(): Promise<KeyReport>;
  /** Gives the keys with these `kid` successors, all without any; rejects with `KeysUnchanged` where that cannot be. */
  rotate(kids: readonly string[]): Promise<RotationReport>;
  /** Takes a key out at once, or with `dry` says what it is; rejects with `KeysUnchanged` where that cannot be. */
  revoke(kid: string, options: { readonly dry: boolean }): Promise<RevocationReport>;
}

/** The management of one tenant's stored keys of a context, `op` by default. Throws an `Error` for an unusable `keyStore.encJWK`. */
export function createKeyManagement(deps: {
  readonly settings: KeySettings;
  readonly longestTokenLifetime: number;
  readonly store: KeyStore;
  readonly tid: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly context?: string;
}): KeyManagement {
  const { settings, clock, context = firstContext } = deps;
  const custody = createKeyCustody({ ...deps, ...custodySettings(settings) });
  const rules = rotationRules(settings, deps.longestTokenLifetime);
  const reportOf = (keys: readonly ManagedKey[], now: number) => ({ now, rules, keys: standings(keys, now) });

  return {
    async report() {
      const stored = await custody.read();
      return reportOf(stored?.contexts.get(context) ?? [], clock.now());
    },
    async rotate(kids) {
      let report: RotationReport | undefined;
      await custody.update(async ({ contexts }) => {
        const now = clock.now();
        const keys = withoutGone(contexts.get(context) ?? [], now);
        const replaced = toReplace(keys, kids, now);
        const { next, made } = await withNewKeys(keys, replaced, { rules, now, settings });
        const successors = next.filter(({ jwk }) => made.includes(jwk.kid ?? ''));
        report = { ...reportOf(next, now), replaced, successors };
        return new Map([...contexts, [context, next]]);
      });
      return done(report);
    },
    async revoke(kid, { dry }) {
      let report: RevocationReport | undefined;
      await custody.update(async ({ contexts }) => {
        const now = clock.now();
        const keys = withoutGone(contexts.get(context) ?? [], now);
        const revoked = toRevoke(keys, kid, now);
        const taken = new Set(keys.map(({ jwk }) => jwk.kid ?? ''));
        const next = await withoutKey(keys, revoked, now, () =>
          generateSuccessor(revoked.key.jwk, { rsa: rsaKeySize(settings), taken }),
        );
        const role = roleOf(revoked.key.jwk);
        const heir = inOrder(next, now).find(({ jwk }) => roleOf(jwk) === role);
        report = { ...reportOf(next, now), revoked, successor: revoked.state === 'current' ? heir : undefined };
        return dry ? undefined : new Map([...contexts, [context, next]]);
      });
      return done(report);
    },
  };
}

function done<R>(report: R | undefined): R {
  if (report === undefined) throw new Error('the change of the keys has not run');
  return report;
}

function toReplace(keys: readonly ManagedKey[], kids: readonly string[], now: number): readonly ManagedKey[] {
  const possible = replaceable(keys, now);
  if (kids.length === 0) {
    if (possible.length > 0) return possible;
    throw new KeysUnchanged('All keys have successors already, which wait for their use; see: tessera keys list');
  }
  return kids.map((kid) => {
    // A reserved name stands for its key in use.
    const found = possible.find(({ jwk }) => jwk.kid === kid || roleOf(jwk) === kid);
    if (found) return found;
    const { key, state } = named(keys, kid, now);
    if (!isRotated(key.jwk)) throw new KeysUnchanged(neverRotated);
    throw new KeysUnchanged(
      state === 'current'
        ? `The key ${kid} has a successor already, which waits for its use; see: tessera keys list`
        : `The key ${kid} is not in use (${state}); only a key in use is rotated. See: tessera keys list`,
    );
  });
}

function toRevoke(keys: readonly ManagedKey[], kid: string, now: number): KeyStanding {
  const standing = named(keys, kid, now);
  if (!isRotated(standing.key.jwk)) throw new KeysUnchanged(neverRotated);
  return standing;
}

function named(keys: readonly ManagedKey[], kid: string, now: number): KeyStanding {
  const all = standings(keys, now);
  const found = all.find(({ key }) => key.jwk.kid === kid);
  if (found) return found;
  const kids = all.map(({ key }) => key.jwk.kid).join(' ');
  throw new KeysUnchanged(`There is no key ${kid}. There are: ${kids}`);
}

const neverRotated =
  'The key subject-encrypt is neither rotated nor revoked: pairwise subjects are made with it, and with another one each user would be somebody else to every client.';
