import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/events.ts';
import type { Storage, TenantStores } from '../../ports/stores/stores.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createAuthorizations } from './authorizations.ts';
import { createCheck } from './check.ts';
import { createClaim } from './claim.ts';
import { createClients } from './clients.ts';
import { createCodes } from './codes.ts';
import type { SqlEngine } from './engine.ts';
import { createExpended } from './expended.ts';
import { createGrants } from './grants.ts';
import { createKeys } from './keys.ts';
import { createPayloadReader } from './payload.ts';
import { createPurge } from './purge.ts';
import { createRecords } from './records.ts';
import { createRevocations } from './revocations.ts';
import { createSubjectSessions } from './subject-sessions.ts';

/** What a SQL storage is made of. */
export interface SqlStorageParts {
  readonly engine: SqlEngine;
  readonly description: string;
  readonly clock: Clock;
  readonly events: Events;
  /** Rows that one purge statement deletes at most. */
  readonly pageLimit: number;
  /** The time by which all processes delete, Unix seconds. */
  readonly time: () => Promise<number>;
}

/** The stores over a connected engine whose schema is up to date. */
export function createSqlStorage(parts: SqlStorageParts): Storage {
  const { engine, description, clock, events, pageLimit, time } = parts;
  const read = createPayloadReader(events);
  const records = createRecords(engine, clock, read);
  const subjectSessions = createSubjectSessions(engine, clock, read, records);
  const stores = {
    clients: createClients(engine, read),
    authorizations: createAuthorizations(engine, clock, read),
    codes: createCodes(engine, clock, read),
    accessTokens: createAccessTokens(engine, clock, read),
    expended: createExpended(engine, clock),
    grants: createGrants(engine, clock, read, subjectSessions),
    revocations: createRevocations(engine, clock),
    subjectSessions,
    keys: createKeys(engine),
  };
  const tenants = new Map<string, TenantStores>();
  const purge = createPurge({ engine, time, events, read, records, pageLimit });
  const check = createCheck(engine, clock);

  return {
    description,
    atRest: true,
    tenant(tid) {
      let tenant = tenants.get(tid);
      if (!tenant) {
        tenant = {
          clients: stores.clients(tid),
          authorizations: stores.authorizations(tid),
          codes: stores.codes(tid),
          accessTokens: stores.accessTokens(tid),
          expended: stores.expended(tid),
          grants: stores.grants(tid),
          revocations: stores.revocations(tid),
          subjectSessions: stores.subjectSessions(tid),
          keys: stores.keys(tid),
          records: records.tenant(tid),
        };
        tenants.set(tid, tenant);
      }
      return tenant;
    },
    purge,
    claim: createClaim(engine),
    check,
    close: () => engine.close(),
  };
}
