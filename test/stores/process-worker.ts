import { nothingFollows } from '../../src/ports/stores/subject-sessions.ts';
import { openPostgresStorage } from '../../src/storage/sql/open-postgres.ts';
import { authorization, grant, ticketKind } from '../../src/testing/contract-subject.ts';
import { createFakeClock } from '../../src/testing/fake-clock.ts';

/**
 * One of the processes of `processes.test.ts`. Says `ready` once the storage is open; for each task that it is sent it makes
 * all attempts at once and answers their outcomes as words.
 */

/** What the parent asks for. */
export interface Task {
  readonly kind: 'redeem' | 'rotate' | 'rotateOwn' | 'add' | 'consume' | 'take' | 'create' | 'close';
  readonly attempts: number;
}

const [connectionString = '', name = ''] = process.argv.slice(2);
const clock = createFakeClock();
const storage = await openPostgresStorage({ connectionString, clock });
const stores = storage.tenant('t');
const key = { subject: 'alice', actor: '', clientId: '123' };
const use = { key, rotations: 7, issuedAt: 1, rotate: true };

async function attempt(kind: Task['kind'], index: number): Promise<string> {
  const id = `${name}-${index}`;
  switch (kind) {
    case 'redeem':
      return (await stores.codes.redeem('code')).outcome;
    case 'rotate':
      return (
        await stores.grants.use({ ...use, grantId: 'g', rotations: 0, expiresAt: undefined, selfContained: false })
      ).outcome;
    case 'rotateOwn':
      return (await stores.grants.use({ ...use, grantId: 'own', expiresAt: clock.now() + 600, selfContained: true }))
        .outcome;
    case 'add':
      await stores.grants.add(grant(authorization(id)), 20);
      return 'added';
    case 'take':
      return (await stores.records(ticketKind).take('record')) === undefined ? 'nothing' : 'taken';
    case 'close':
      return `${(await stores.subjectSessions.close({ subject: 'alice' }, nothingFollows)).count}`;
    case 'consume':
      return (await stores.expended.consume('jti', 'x', clock.now() + 600)).first ? 'first' : 'used';
    case 'create': {
      const session = { sub: 'alice', ctx: 'web', auth_time: 0, creation_time: clock.now() };
      const times = { max_life: 60, auth_life: 60, max_idle: 60 };
      const quota = { limit: 5, onExhaustion: 'deny' } as const;
      return (await stores.subjectSessions.create(id, { ...session, ...times }, quota, nothingFollows)).outcome;
    }
  }
}

process.on('message', async (task: Task) => {
  const attempts = Array.from({ length: task.attempts }, (_, index) => attempt(task.kind, index));
  const outcomes = await Promise.allSettled(attempts);
  process.send?.(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : `${outcome.reason}`)));
});
process.on('disconnect', () => void storage.close());
process.send?.('ready');
