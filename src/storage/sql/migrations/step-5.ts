import type { MigrationStep } from './step.ts';

/**
 * What the database knows of itself, by name; and indexes that nobody can take for what they are not. Where PostgreSQL believes a table
 * empty, every index looks as good as the primary key, and the plan stays when the table has grown. So all but the primary keys are of
 * rows that a statement has to name, though it is all of them: who does not say `version > 0` has no index by client.
 */
export const factsStep: MigrationStep = {
  version: 5,
  name: 'facts',
  parts: [
    {
      sqlite: `
create table "facts" ("name" text not null, "value" text not null, constraint "facts_pkey" primary key ("name"));
drop index "pending_codes_expires_at";
create index "pending_codes_expires_at" on "pending_codes" ("expires_at") where "expires_at" < 9007199254740991;
drop index "access_tokens_expires_at";
create index "access_tokens_expires_at" on "access_tokens" ("expires_at") where "expires_at" < 9007199254740991;
drop index "revocation_marks_expires_at";
create index "revocation_marks_expires_at" on "revocation_marks" ("expires_at") where "expires_at" < 9007199254740991;
drop index "expended_tokens_expires_at";
create index "expended_tokens_expires_at" on "expended_tokens" ("expires_at") where "expires_at" < 9007199254740991;
drop index "records_expires_at";
create index "records_expires_at" on "records" ("expires_at") where "expires_at" < 9007199254740991;
drop index "subject_sessions_expires_at";
create index "subject_sessions_expires_at" on "subject_sessions" ("expires_at") where "expires_at" < 9007199254740991;
drop index "subject_sessions_subject";
create index "subject_sessions_subject" on "subject_sessions" ("sub", "seq") where "seq" > 0;
drop index "grants_authorization";
create index "grants_authorization" on "grants" ("subject", "actor", "client_id") where "payload" is not null;
drop index "authorizations_client";
create index "authorizations_client" on "authorizations" ("client_id", "subject", "actor") where "version" > 0;
`,
      postgres: `
create table "facts" ("name" text collate "C" not null, "value" text collate "C" not null, constraint "facts_pkey" primary key ("name"));
drop index "pending_codes_expires_at";
create index "pending_codes_expires_at" on "pending_codes" ("expires_at") where "expires_at" < 9007199254740991;
drop index "access_tokens_expires_at";
create index "access_tokens_expires_at" on "access_tokens" ("expires_at") where "expires_at" < 9007199254740991;
drop index "revocation_marks_expires_at";
create index "revocation_marks_expires_at" on "revocation_marks" ("expires_at") where "expires_at" < 9007199254740991;
drop index "expended_tokens_expires_at";
create index "expended_tokens_expires_at" on "expended_tokens" ("expires_at") where "expires_at" < 9007199254740991;
drop index "records_expires_at";
create index "records_expires_at" on "records" ("expires_at") where "expires_at" < 9007199254740991;
drop index "subject_sessions_expires_at";
create index "subject_sessions_expires_at" on "subject_sessions" ("expires_at") where "expires_at" < 9007199254740991;
drop index "subject_sessions_subject";
create index "subject_sessions_subject" on "subject_sessions" ("sub", "seq") where "seq" > 0;
drop index "grants_authorization";
create index "grants_authorization" on "grants" ("subject", "actor", "client_id") where "payload" is not null;
drop index "authorizations_client";
create index "authorizations_client" on "authorizations" ("client_id", "subject", "actor") where "version" > 0;
`,
    },
  ],
};
