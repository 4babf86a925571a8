import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { CollectedInsert } from './engine.ts';
import type { Args, SqlValue, Statement } from './statement.ts';

/** The columns of a batch in order, with their PostgreSQL types. */
export type ColumnTypes<A extends Args> = { readonly [K in keyof A & string]: A[K] extends number ? 'bigint' : 'text' };

/**
 * Joins the two forms of one insert. `many` builds it from the rows of `unnest`, whose columns are those of `types` in
 * order. A key that is taken makes the row fail; it never replaces the present one.
 */
export function collectedInsert<A extends Args>(
  one: Statement<A, unknown>,
  types: ColumnTypes<A>,
  many: (rows: RawBuilder<Record<string, unknown>>) => { compile(): CompiledQuery },
): CollectedInsert<A> {
  const columns = Object.entries<'bigint' | 'text'>(types);
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`);
  const rows = sql<Record<string, unknown>>`select * from unnest(${sql.raw(arrays.join(', '))})`;
  return {
    one,
    many: { name: `${one.name}.many`, text: many(rows).compile().sql },
    rowLists: (batch) => {
      const lists = columns.map((): SqlValue[] => []);
      for (const args of batch) {
        // The single statement knows the escaping of each argument; its order is that of the columns.
        for (const [index, value] of one.bind(args).entries()) lists[index]?.push(value);
      }
      return lists;
    },
  };
}
