/** Things that a subject can agree to or decline. */
export interface Agreement {
  readonly scope: readonly string[];
  /** Plain names, without prefix or language tag. */
  readonly claims: readonly string[];
  /** Resources (RFC 8707). */
  readonly audience: readonly string[];
}

/** Agreement to nothing. */
export const noAgreement: Agreement = Object.freeze({ scope: [], claims: [], audience: [] });

/** What is in both. */
export function within(some: Agreement, others: Agreement): Agreement {
  return combined(some, others, (list, other) =>
    other.length === 0 ? other : list.filter((item) => other.includes(item)),
  );
}

/** What is in the first only. */
export function without(some: Agreement, others: Agreement): Agreement {
  return combined(some, others, (list, other) =>
    other.length === 0 ? list : list.filter((item) => !other.includes(item)),
  );
}

/** What is in either, each once. */
export function joined(some: Agreement, others: Agreement): Agreement {
  return combined(some, others, (list, other) => (other.length === 0 ? list : [...new Set([...list, ...other])]));
}

function combined(
  some: Agreement,
  others: Agreement,
  combine: (list: readonly string[], other: readonly string[]) => readonly string[],
): Agreement {
  return {
    scope: combine(some.scope, others.scope),
    claims: combine(some.claims, others.claims),
    audience: combine(some.audience, others.audience),
  };
}
