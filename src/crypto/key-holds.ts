import type { Clock } from '../ports/clock.ts';
import type { AsymmetricJwsAlg } from './jws-algorithms.ts';
import { firstContext, type KeysByContext } from './key-document.ts';
import type { KeyRenewal } from './key-renewal.ts';
import { withHolds } from './key-schedule.ts';
import type { KeySet } from './key-set.ts';
import type { HoldRules } from './rotation-rules.ts';
import type { SigningKey } from './signing-key.ts';

/** Holds end at multiples of 30 days: whatever is signed in between needs no other one. */
const grain = 30 * 86_400;

/** Keys tried: the first may turn out to be revoked or superseded, which is known then. */
const attempts = 5;

/**
 * Holds the provider's keys for tokens that live longer than a superseded key is kept for. What is held already, as far as
 * this process knows, costs no look into the store: holds only rise, and a rotation elsewhere has seen the same one.
 */
export function createKeyHolds(deps: {
  readonly current: () => KeySet;
  readonly renewal: KeyRenewal;
  readonly clock: Clock;
  readonly rules: HoldRules;
}): (alg: AsymmetricJwsAlg, lifetime: number) => Promise<SigningKey> {
  const { current, renewal, clock, rules } = deps;
  /** Those to be written next, all at once: one write at a time, however many tokens wait for theirs. */
  let wanted = new Map<string, number>();
  let next: Promise<void> | undefined;
  let latest: Promise<void> = Promise.resolve();

  const heldUntil = (kid: string) =>
    renewal
      .known()
      .contexts.get(firstContext)
      ?.find(({ jwk }) => jwk.kid === kid)?.heldUntil ?? 0;
  const write = async () => {
    const holds = wanted;
    wanted = new Map();
    next = undefined;
    if ([...holds].every(([kid, until]) => heldUntil(kid) >= until)) return;
    await renewal.update((contexts) => withHeldKeys(contexts, holds, clock.now()));
  };
  const raise = (kid: string, until: number): Promise<void> => {
    wanted.set(kid, Math.max(until, wanted.get(kid) ?? 0));
    if (next === undefined) {
      next = latest.then(write, write);
      latest = next;
    }
    return next;
  };

  return async (alg, lifetime) => {
    const until = clock.now() + lifetime + rules.margin;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const key = signingKeyFor(current(), alg);
      if (heldUntil(key.kid) >= until) return key;
      await raise(key.kid, Math.ceil(until / grain) * grain);
    }
    throw new Error(`the keys for ${alg} were changed by other processes again and again; nothing was signed`);
  };
}

/** The key to sign with. Throws an `Error` when there is none. */
export function signingKeyFor(keySet: KeySet, alg: AsymmetricJwsAlg): SigningKey {
  const key = keySet.signingKey(alg);
  if (!key) throw new Error(`there is no key for ${alg}`);
  return key;
}

function withHeldKeys(contexts: KeysByContext, holds: ReadonlyMap<string, number>, now: number): KeysByContext {
  const keys = contexts.get(firstContext) ?? [];
  const held = withHolds(keys, holds, now);
  return held === keys ? contexts : new Map([...contexts, [firstContext, held]]);
}
