type Type = 'string' | 'number' | 'boolean' | 'object' | 'any';

/** The JSON type of a member; `[]` for arrays, `?` where it may be absent. Form and query parameters are strings. */
export type MemberType = `${Type}${'' | '[]'}${'' | '?'}`;

/** Members by name. */
export type Members = Readonly<Record<string, MemberType>>;

/** What a request or a successful answer carries in its body: for the reference, nothing is checked by it. */
export interface BodyShape {
  readonly mediaType: string;
  /** The members of an object or a form; `undefined` where they are not fixed. */
  readonly members: Members | undefined;
}

/** A JSON body; without `members` any object. */
export function json(members?: Members): BodyShape {
  return { mediaType: 'application/json', members };
}

/** A form-encoded body. */
export function form(members: Members): BodyShape {
  return { mediaType: 'application/x-www-form-urlencoded', members };
}

/** A body of another media type. */
export function bodyOf(mediaType: string): BodyShape {
  return { mediaType, members: undefined };
}
