import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import { type CollectedInsert, type CollectedRows, tell } from './engine.ts';
import type { Args, SqlValue, Statement } from './statement.ts';
import { toColumnText } from './text.ts';

/** The columns of a batch in order, with their PostgreSQL types. */
export type ColumnTypes<A extends Args> = { readonly [K in keyof A & string]: A[K] extends number ? 'bigint' : 'text' };

/** The rows of a batch as a subquery whose columns are those of `types`, in order. */
function batchRows<A extends Args>(types: ColumnTypes<A>): RawBuilder<Record<string, unknown>> {
  const arrays = Object.values<'bigint' | 'text'>(types).map((type, index) => `$${index + 1}::${type}[]`);
  return sql<Record<string, unknown>>`select * from unnest(${sql.raw(arrays.join(', '))})`;
}

/** The parameters of a statement over `batchRows`. */
function batchParameters<A extends Args>(types: ColumnTypes<A>): (batch: readonly A[]) => SqlValue[][] {
  const columns = Object.keys(types);
  return (batch) =>
    columns.map((column) =>
      batch.map((row) => {
        const value = row[column];
        if (value === undefined) throw new TypeError(`Statement argument ${column} is missing`);
        return typeof value === 'string' && column !== 'payload' ? toColumnText(value) : value;
      }),
    );
}

/** An insert of a batch, built from its rows. */
export function collectedRows<A extends Args>(
  name: string,
  types: ColumnTypes<A>,
  many: (rows: RawBuilder<Record<string, unknown>>) => { compile(): CompiledQuery },
): CollectedRows<A> {
  return { name, text: many(batchRows(types)).compile().sql, rowLists: batchParameters(types), removal: undefined };
}

/**
 * Joins the two forms of one insert. `many` builds it from the rows of a batch, whose columns are those of `types` in order.
 * A key that is taken makes the row fail; it never replaces the present one.
 */
export function collectedInsert<A extends Args>(
  one: Statement<A, unknown>,
  types: ColumnTypes<A>,
  many: (rows: RawBuilder<Record<string, unknown>>) => { compile(): CompiledQuery },
): CollectedInsert<A> {
  return {
    one,
    script: (args) => tell(one, args),
    many: collectedRows(`${one.name}.many`, types, many),
  };
}
