import { convertRelease01 } from './release-0.1.ts';
import type { MigrationStep } from './step.ts';

/** Grants of their own, not-before marks and records of any kind. Indexes come behind the rows, which is cheaper. */
export const grantsStep: MigrationStep = {
  version: 3,
  name: 'grants',
  parts: [
    {
      sqlite: `
create table "authorizations" ("tid" text not null, "subject" text not null, "actor" text not null, "client_id" text not null, "payload" text not null, "version" bigint not null, constraint "authorizations_pkey" primary key ("tid", "subject", "actor", "client_id"));
create table "grants" ("tid" text not null, "id" text not null, "subject" text not null, "actor" text not null, "client_id" text not null, "payload" text, "ended" bigint not null, "rotations" bigint not null, "issued_at" bigint not null, "used_at" bigint not null, "expires_at" bigint not null, constraint "grants_pkey" primary key ("tid", "id"));
create table "revocation_marks" ("tid" text not null, "subject" text not null, "actor" text not null, "client_id" text not null, "not_before" bigint not null, "revocations" bigint not null, "expires_at" bigint not null, constraint "revocation_marks_pkey" primary key ("tid", "subject", "actor", "client_id"));
create table "access_tokens" ("tid" text not null, "key" text not null, "subject" text not null, "actor" text not null, "client_id" text not null, "grant_id" text not null, "token_id" text not null, "payload" text not null, "expires_at" bigint not null, constraint "access_tokens_pkey" primary key ("tid", "key"));
create table "records" ("tid" text not null, "kind" text not null, "key" text not null, "payload" text not null, "version" bigint not null, "expires_at" bigint not null, constraint "records_pkey" primary key ("tid", "kind", "key"));
drop table "pending_codes";
create table "pending_codes" ("tid" text not null, "key" text not null, "subject" text not null, "actor" text not null, "client_id" text not null, "grant_id" text not null, "payload" text not null, "expires_at" bigint not null, "retain_until" bigint not null, "redeemed" bigint not null, constraint "pending_codes_pkey" primary key ("tid", "key"));
`,
      postgres: `
create table "authorizations" ("tid" text collate "C" not null, "subject" text collate "C" not null, "actor" text collate "C" not null, "client_id" text collate "C" not null, "payload" text collate "C" not null, "version" bigint not null, constraint "authorizations_pkey" primary key ("tid", "subject", "actor", "client_id"));
create table "grants" ("tid" text collate "C" not null, "id" text collate "C" not null, "subject" text collate "C" not null, "actor" text collate "C" not null, "client_id" text collate "C" not null, "payload" text collate "C", "ended" bigint not null, "rotations" bigint not null, "issued_at" bigint not null, "used_at" bigint not null, "expires_at" bigint not null, constraint "grants_pkey" primary key ("tid", "id"));
create table "revocation_marks" ("tid" text collate "C" not null, "subject" text collate "C" not null, "actor" text collate "C" not null, "client_id" text collate "C" not null, "not_before" bigint not null, "revocations" bigint not null, "expires_at" bigint not null, constraint "revocation_marks_pkey" primary key ("tid", "subject", "actor", "client_id"));
create table "access_tokens" ("tid" text collate "C" not null, "key" text collate "C" not null, "subject" text collate "C" not null, "actor" text collate "C" not null, "client_id" text collate "C" not null, "grant_id" text collate "C" not null, "token_id" text collate "C" not null, "payload" text collate "C" not null, "expires_at" bigint not null, constraint "access_tokens_pkey" primary key ("tid", "key"));
create table "records" ("tid" text collate "C" not null, "kind" text collate "C" not null, "key" text collate "C" not null, "payload" text collate "C" not null, "version" bigint not null, "expires_at" bigint not null, constraint "records_pkey" primary key ("tid", "kind", "key"));
drop table "pending_codes";
create table "pending_codes" ("tid" text collate "C" not null, "key" text collate "C" not null, "subject" text collate "C" not null, "actor" text collate "C" not null, "client_id" text collate "C" not null, "grant_id" text collate "C" not null, "payload" text collate "C" not null, "expires_at" bigint not null, "retain_until" bigint not null, "redeemed" bigint not null, constraint "pending_codes_pkey" primary key ("tid", "key"));
`,
    },
    convertRelease01,
    {
      sqlite: `
create index "authorizations_client" on "authorizations" ("tid", "client_id", "subject", "actor");
create index "grants_authorization" on "grants" ("tid", "subject", "actor", "client_id") where "payload" is not null;
create index "grants_expires_at" on "grants" ("expires_at") where "expires_at" < 9007199254740991;
create index "revocation_marks_expires_at" on "revocation_marks" ("expires_at");
create index "access_tokens_expires_at" on "access_tokens" ("expires_at");
create index "records_expires_at" on "records" ("expires_at");
create index "pending_codes_expires_at" on "pending_codes" ("expires_at");
drop table "long_lived_authorizations";
drop table "id_access_tokens";
drop table "revocation_journal";
drop table "auth_sessions";
`,
      postgres: `
create index "authorizations_client" on "authorizations" ("tid", "client_id", "subject", "actor");
create index "grants_authorization" on "grants" ("tid", "subject", "actor", "client_id") where "payload" is not null;
create index "grants_expires_at" on "grants" ("expires_at") where "expires_at" < 9007199254740991;
create index "revocation_marks_expires_at" on "revocation_marks" ("expires_at");
create index "access_tokens_expires_at" on "access_tokens" ("expires_at");
create index "records_expires_at" on "records" ("expires_at");
create index "pending_codes_expires_at" on "pending_codes" ("expires_at");
drop table "long_lived_authorizations";
drop table "id_access_tokens";
drop table "revocation_journal";
drop table "auth_sessions";
`,
    },
  ],
};
