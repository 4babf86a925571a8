import { isJsonObject } from '../../kit/src/json.ts';
import { isRandomToken, randomToken } from '../../kit/src/random-token.ts';
import type { Sealer } from './csrf.ts';
import { optionalString } from './json.ts';

/** An account that has signed in with this browser before. */
export interface KnownAccount {
  readonly sub: string;
  readonly name: string;
  readonly login: string;
}

/** What the accounts cookie says. */
export interface KnownAccounts {
  /** Stands for this browser in the attempt limits; only a successful sign-in earns it. */
  readonly device: string;
  /** Latest first, at most five. */
  readonly accounts: readonly KnownAccount[];
}

const BINDING = 'accounts';
const MOST = 5;
const LONGEST = 3800;

function parseAccount(value: unknown): readonly KnownAccount[] {
  if (!isJsonObject(value)) return [];
  const sub = optionalString(value['sub']);
  const name = optionalString(value['name']);
  const login = optionalString(value['login']);
  return sub !== undefined && name !== undefined && login !== undefined ? [{ sub, name, login }] : [];
}

/** Reads the accounts cookie; an altered or missing one is an empty list for a new device. */
export function readAccounts(sealer: Sealer, cookie: string | undefined): KnownAccounts {
  const content = sealer.open(BINDING, cookie);
  const device = optionalString(content?.['device']);
  const list = content?.['accounts'];
  if (!isRandomToken(device) || !Array.isArray(list)) return { device: randomToken(), accounts: [] };
  return { device, accounts: list.flatMap(parseAccount) };
}

/** The value of the accounts cookie. Browsers drop cookies above 4096 bytes, so the oldest accounts go when it gets long. */
export function sealAccounts(sealer: Sealer, known: KnownAccounts): string {
  for (let count = known.accounts.length; count > 0; count--) {
    const sealed = sealer.seal(BINDING, { device: known.device, accounts: known.accounts.slice(0, count) });
    if (sealed.length <= LONGEST) return sealed;
  }
  return sealer.seal(BINDING, { device: known.device, accounts: [] });
}

/** The list with this account first. */
export function rememberAccount(known: KnownAccounts, account: KnownAccount): KnownAccounts {
  const others = known.accounts.filter((other) => other.sub !== account.sub);
  return { device: known.device, accounts: [account, ...others].slice(0, MOST) };
}

/** The list without this account. */
export function forgetAccount(known: KnownAccounts, sub: string): KnownAccounts {
  return { device: known.device, accounts: known.accounts.filter((account) => account.sub !== sub) };
}
