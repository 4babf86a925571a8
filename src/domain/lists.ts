/** The list, or `undefined` for none and for an empty one: as a member it then vanishes when written as JSON. */
export function nonEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
