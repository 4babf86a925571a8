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

/** Scope values, each with the claims that belong to it (OpenID Connect Core, 5.4), and the claims that belong to none. */
export interface ConsentGroup {
  readonly scopes: readonly { readonly scope: string; readonly claims: readonly string[] }[];
  readonly otherClaims: readonly string[];
  /** Where the access may be used. */
  readonly resources: readonly string[];
}

/** What the consent page asks about. */
export interface ConsentChoices {
  readonly asked: ConsentGroup;
  /** Agreed to before; what is unticked here is taken back. */
  readonly agreed: ConsentGroup;
}

/** Sorts the scope values and claims of a prompt into what is asked together. */
export function consentChoices({ newScope, consentedScope, claims, resources }: ConsentMessage): ConsentChoices {
  return {
    asked: group(newScope, [...claims.newEssential, ...claims.newVoluntary], resources?.new ?? []),
    agreed: group(consentedScope, claims.consented, resources?.consented ?? []),
  };
}

function group(scope: readonly string[], claims: readonly string[], resources: readonly string[]): ConsentGroup {
  const open = new Set(claims);
  const scopes = scope.map((value) => {
    const own = (SCOPE_CLAIMS.get(value) ?? []).filter((claim) => open.delete(claim));
    return { scope: value, claims: own };
  });
  return { scopes, otherClaims: [...open], resources };
}

/** What was ticked. */
export interface Ticked {
  readonly scope: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
}

/** The consent that ticks mean. */
export interface ConsentGiven {
  readonly scope: readonly string[];
  readonly claims: readonly string[];
  /** `undefined` where no resources were asked for. */
  readonly audience: readonly string[] | undefined;
}

/**
 * The consent that the ticks mean. Only what was asked for counts. `openid` stays, as without it there is no sign-in.
 * Claims below a scope value that was unticked go with it.
 */
export function consentFromTicks(message: ConsentMessage, ticked: Ticked): ConsentGiven {
  const { asked, agreed } = consentChoices(message);
  const groups = [asked, agreed];
  const granted = groups
    .flatMap(({ scopes }) => scopes)
    .filter(({ scope }) => scope === 'openid' || ticked.scope.has(scope));
  const offered = [...granted, ...groups.map(({ otherClaims }) => ({ claims: otherClaims }))];
  const resources = groups.flatMap((each) => each.resources);
  return {
    scope: granted.map(({ scope }) => scope),
    claims: offered.flatMap(({ claims }) => claims).filter((claim) => ticked.claims.has(claim)),
    audience: message.resources && resources.filter((resource) => ticked.resources.has(resource)),
  };
}
