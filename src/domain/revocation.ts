/**
 * What a revocation covers: everything of a tenant when no member is given, else what has all the given ones. An empty
 * `actor` is no member.
 */
export interface RevocationTarget {
  readonly subject?: string;
  readonly actor?: string;
  readonly clientId?: string;
}

/** What something that can be revoked belongs to. */
export interface RevocationScope {
  readonly subject: string;
  /** Empty: no actor. */
  readonly actor: string;
  readonly clientId: string;
}

/** The latest of the marks against something: what was issued before it is void. */
export interface NotBefore {
  /** Unix seconds. */
  readonly at: number;
  /**
   * How many revocations fell into that second, over all marks against it. Whoever checks and issues within one second
   * keeps the number, and so is told apart from what was issued before a revocation in the very same second.
   */
  readonly count: number;
}

/** The marks against something, joined into one; `undefined` when there is none. */
export function latestMark(marks: readonly NotBefore[]): NotBefore | undefined {
  let latest: NotBefore | undefined;
  for (const mark of marks) {
    if (latest === undefined || mark.at > latest.at) latest = mark;
    else if (mark.at === latest.at) latest = { at: mark.at, count: latest.count + mark.count };
  }
  return latest;
}
