import type { Clock } from '../../src/ports/clock.ts';
import { noEvents } from '../../src/ports/events.ts';
import type { TenantStores } from '../../src/ports/stores/stores.ts';
import { nothingFollows } from '../../src/ports/stores/subject-sessions.ts';
import type { CollectedInsert, Script, SqlEngine } from '../../src/storage/sql/engine.ts';
import { createPostgresVerbs } from '../../src/storage/sql/postgres-verbs.ts';
import { type SqlDialect, statementBuilder } from '../../src/storage/sql/schema.ts';
import { createSqlStorage } from '../../src/storage/sql/sql-storage.ts';
import { createSqliteVerbs } from '../../src/storage/sql/sqlite-verbs.ts';
import type { Args, Statement } from '../../src/storage/sql/statement.ts';
import {
  accessToken,
  authorization,
  client,
  grant,
  pendingCode,
  remembered,
  subjectSession,
  ticketKind,
} from '../../src/testing/contract-subject.ts';

/** The texts of the statements that single requests cause, by name, as the stores make them for a dialect. */
export async function requestStatements(dialect: SqlDialect, clock: Clock): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const engine = recordingEngine(dialect, texts);
  const time = async () => clock.now();
  const storage = createSqlStorage({ engine, description: dialect, clock, events: noEvents, pageLimit: 1000, time });
  for (const operation of requestOperations(storage.tenant('t'), clock.now())) {
    // Without a database there are no answers, which some operations do not take.
    await operation().catch(() => undefined);
  }
  return texts;
}

/** An engine that knows no database: it keeps the texts and answers nothing. */
function recordingEngine(dialect: SqlDialect, texts: Map<string, string>): SqlEngine {
  const builder = statementBuilder(dialect);
  const record = (statement: { readonly name: string; readonly text: string }) => {
    texts.set(statement.name, statement.text);
    return { rows: [], count: 1 };
  };
  const run = async <A extends Args, R>(statement: Statement<A, R>) => record(statement);
  const runScript = async <T>(script: () => Script<T>): Promise<T> => {
    const running = script();
    let step = running.next();
    while (!step.done) {
      step.value.now(record);
      step = running.next();
    }
    return step.value;
  };
  return {
    dialect,
    builder,
    verbs: dialect === 'sqlite' ? createSqliteVerbs(builder) : createPostgresVerbs(builder, undefined),
    optimistic: true,
    holdsThread: false,
    read: run,
    write: run,
    collector:
      <A extends Args>({ one, many, script }: CollectedInsert<A>) =>
      async (args: A) => {
        if (one) record(one);
        else if (many && dialect === 'postgres') {
          record(many);
          if (many.removal) record(many.removal);
        } else await runScript(() => script(args));
      },
    runOne: runScript,
    transaction: runScript,
    close: async () => {},
  };
}

/** What requests do, with and without an actor. */
export function requestOperations(stores: TenantStores, now: number): readonly (() => Promise<unknown>)[] {
  const { accessTokens, authorizations, clients, codes, expended, grants, revocations, subjectSessions } = stores;
  const records = stores.records(ticketKind);
  const key = { subject: 'alice', actor: '', clientId: '1' };
  const acting = { ...key, actor: 'bob' };
  const use = { grantId: 'g', key, rotations: 0, issuedAt: 1, rotate: true, expiresAt: now, selfContained: false };
  const quota = { limit: 5, onExhaustion: 'close-oldest' } as const;
  return [
    () => clients.get('c'),
    () => clients.insert(client('c')),
    () => authorizations.find(key),
    () => authorizations.find(acting),
    () => authorizations.change(key, () => remembered(1)),
    () => grants.add(grant(authorization('g')), 50),
    () => grants.find('g', key),
    () => grants.find('g', acting),
    () => grants.use(use),
    () => grants.use({ ...use, rotate: false }),
    () => grants.use({ ...use, selfContained: true }),
    () => grants.end('g', now),
    () => codes.issue('k', pendingCode('alice'), now, now),
    () => codes.redeem('k'),
    () => accessTokens.issue('k', accessToken(now)),
    () => accessTokens.find('k'),
    () => accessTokens.remove('k'),
    () => expended.consume('jti', 'x', now),
    () => expended.find('jti', 'x'),
    () => revocations.revoke({ subject: 'alice' }, now, now),
    ...[key, acting].flatMap((scope) => [[], ['g'], ['g', 'j']].map((ids) => () => revocations.standing(scope, ids))),
    () => records.create('k', { holder: 'alice' }, now),
    () => records.get('k'),
    () => records.replace('k', 1, { holder: 'alice' }),
    () => records.take('k'),
    () => records.take('k', 1),
    () => subjectSessions.create('k', subjectSession('alice', now), quota, nothingFollows),
    () => subjectSessions.get('k'),
    () => subjectSessions.use('k'),
    () => subjectSessions.close({ key: 'k' }, nothingFollows),
  ];
}
