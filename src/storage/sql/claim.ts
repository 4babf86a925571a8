import { sql } from 'kysely';
import type { Storage } from '../../ports/stores/stores.ts';
import { ask, type SqlEngine } from './engine.ts';
import { type Params, prepare } from './statement.ts';
import { fromColumnText } from './text.ts';

/** The issuer that a database belongs to, kept with its schema. */
export function createClaim({ builder: db, verbs, transaction }: SqlEngine): Storage['claim'] {
  type Claim = { value: string };
  const insert = (p: Params<Claim>) => db.insertInto('facts').values({ name: 'issuer', value: p.value });
  const take = verbs.insertIfAbsent('facts.claim', (p: Params<Claim>) =>
    insert(p).onConflict((conflict) => conflict.doNothing()),
  );
  const move = verbs.upsertReturning('facts.move', (p: Params<Claim>) =>
    insert(p).onConflict((conflict) => conflict.column('name').doUpdateSet({ value: p.value })),
  );
  const owner = prepare('facts.owner', () =>
    db.selectFrom('facts').select('value').where('name', '=', sql.lit('issuer')),
  );
  return (issuer, options) =>
    transaction(function* () {
      yield* ask(options?.move ? move : take, { value: issuer });
      const { rows } = yield* ask(owner, {});
      return fromColumnText(rows[0]?.value ?? issuer);
    });
}
