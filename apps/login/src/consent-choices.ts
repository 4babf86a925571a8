import type { ConsentMessage } from './messages.ts';

const SCOPE_CLAIMS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'profile',
    [
      'name',
      'family_name',
      'given_name',
      'middle_name',
      'nickname',
      'preferred_username',
      'profile',
      'picture',
      'website',
      'gender',
      'birthdate',
      'zoneinfo',
      'locale',
      'updated_at',
    ],
  ],
  ['email', ['email', 'email_verified']],
  ['address', ['address']],
  ['phone', ['phone_number', 'phone_number_verified']],
]);

/** What the consent page asks about. */
export interface ConsentChoices {
  /** Each newly requested scope value with the newly requested claims that belong to it (OpenID Connect Core, 5.4). */
  readonly scopes: readonly { readonly scope: string; readonly claims: readonly string[] }[];
  /** Newly requested claims that belong to none of these. */
  readonly otherClaims: readonly string[];
}

/** Sorts the new scope values and claims of a prompt into what is asked together. */
export function consentChoices(message: ConsentMessage): ConsentChoices {
  const open = new Set([...message.claims.newEssential, ...message.claims.newVoluntary]);
  const scopes = message.newScope.map((scope) => {
    const claims = (SCOPE_CLAIMS.get(scope) ?? []).filter((claim) => open.delete(claim));
    return { scope, claims };
  });
  return { scopes, otherClaims: [...open] };
}

/** What was ticked. */
export interface Ticked {
  readonly scope: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
}

/**
 * The consent that the ticks mean. Only what was asked for counts. `openid` stays, as without it there is no sign-in.
 * Claims below a scope value that was unticked go with it. What was agreed to before stays agreed to.
 */
export function consentFromTicks(message: ConsentMessage, ticked: Ticked): { scope: string[]; claims: string[] } {
  const choices = consentChoices(message);
  const granted = choices.scopes.filter(({ scope }) => scope === 'openid' || ticked.scope.has(scope));
  const offered = [...granted.flatMap(({ claims }) => claims), ...choices.otherClaims];
  return {
    scope: [...granted.map(({ scope }) => scope), ...message.consentedScope],
    claims: [...offered.filter((claim) => ticked.claims.has(claim)), ...message.claims.consented],
  };
}
