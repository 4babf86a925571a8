import type { MigrationStep } from './step.ts';

/** The stores of release 0.1. */
export const storesStep: MigrationStep = {
  version: 1,
  name: 'stores',
  parts: [
    {
      sqlite: `
create table "clients" ("tid" text not null, "client_id" text not null, "payload" text not null, "version" bigint not null, constraint "clients_pkey" primary key ("tid", "client_id"));
create table "pending_codes" ("tid" text not null, "key" text not null, "payload" text not null, "expires_at" bigint not null, "retain_until" bigint not null, "redeemed" bigint not null, constraint "pending_codes_pkey" primary key ("tid", "key"));
create table "id_access_tokens" ("tid" text not null, "key" text not null, "sub" text not null, "act" text not null, "cid" text not null, "gid" text not null, "payload" text not null, "expires_at" bigint not null, constraint "id_access_tokens_pkey" primary key ("tid", "key"));
create table "revocation_journal" ("tid" text not null, "sub" text not null, "act" text not null, "cid" text not null, "gid" text not null, "revoked_at" bigint not null, "expires_at" bigint not null, constraint "revocation_journal_pkey" primary key ("tid", "sub", "act", "cid", "gid"));
create table "long_lived_authorizations" ("tid" text not null, "sub" text not null, "act" text not null, "cid" text not null, "payload" text not null, "rts" text not null, "version" bigint not null, constraint "long_lived_authorizations_pkey" primary key ("tid", "sub", "act", "cid"));
create table "expended_tokens" ("tid" text not null, "kind" text not null, "id" text not null, "used_at" bigint not null, "expires_at" bigint not null, "previous_at" bigint, constraint "expended_tokens_pkey" primary key ("tid", "kind", "id"));
create table "auth_sessions" ("tid" text not null, "key" text not null, "payload" text not null, "expires_at" bigint not null, "version" bigint not null, constraint "auth_sessions_pkey" primary key ("tid", "key"));
create table "subject_sessions" ("tid" text not null, "key" text not null, "sub" text not null, "ctx" text not null, "payload" text not null, "seq" bigint not null, "life_end" bigint not null, "idle" bigint not null, "expires_at" bigint not null, "version" bigint not null, constraint "subject_sessions_pkey" primary key ("tid", "key"));
create table "jwks" ("tid" text not null, "payload" text not null, "version" bigint not null, constraint "jwks_pkey" primary key ("tid"));
create index "pending_codes_expires_at" on "pending_codes" ("expires_at");
create index "id_access_tokens_expires_at" on "id_access_tokens" ("expires_at");
create index "revocation_journal_expires_at" on "revocation_journal" ("expires_at");
create index "expended_tokens_expires_at" on "expended_tokens" ("expires_at");
create index "auth_sessions_expires_at" on "auth_sessions" ("expires_at");
create index "subject_sessions_expires_at" on "subject_sessions" ("expires_at");
create index "long_lived_authorizations_client" on "long_lived_authorizations" ("tid", "cid", "sub", "act");
create index "subject_sessions_subject" on "subject_sessions" ("tid", "sub", "seq");
`,
      postgres: `
create table "clients" ("tid" text collate "C" not null, "client_id" text collate "C" not null, "payload" text collate "C" not null, "version" bigint not null, constraint "clients_pkey" primary key ("tid", "client_id"));
create table "pending_codes" ("tid" text collate "C" not null, "key" text collate "C" not null, "payload" text collate "C" not null, "expires_at" bigint not null, "retain_until" bigint not null, "redeemed" bigint not null, constraint "pending_codes_pkey" primary key ("tid", "key"));
create table "id_access_tokens" ("tid" text collate "C" not null, "key" text collate "C" not null, "sub" text collate "C" not null, "act" text collate "C" not null, "cid" text collate "C" not null, "gid" text collate "C" not null, "payload" text collate "C" not null, "expires_at" bigint not null, constraint "id_access_tokens_pkey" primary key ("tid", "key"));
create table "revocation_journal" ("tid" text collate "C" not null, "sub" text collate "C" not null, "act" text collate "C" not null, "cid" text collate "C" not null, "gid" text collate "C" not null, "revoked_at" bigint not null, "expires_at" bigint not null, constraint "revocation_journal_pkey" primary key ("tid", "sub", "act", "cid", "gid"));
create table "long_lived_authorizations" ("tid" text collate "C" not null, "sub" text collate "C" not null, "act" text collate "C" not null, "cid" text collate "C" not null, "payload" text collate "C" not null, "rts" text collate "C" not null, "version" bigint not null, constraint "long_lived_authorizations_pkey" primary key ("tid", "sub", "act", "cid"));
create table "expended_tokens" ("tid" text collate "C" not null, "kind" text collate "C" not null, "id" text collate "C" not null, "used_at" bigint not null, "expires_at" bigint not null, "previous_at" bigint, constraint "expended_tokens_pkey" primary key ("tid", "kind", "id"));
create table "auth_sessions" ("tid" text collate "C" not null, "key" text collate "C" not null, "payload" text collate "C" not null, "expires_at" bigint not null, "version" bigint not null, constraint "auth_sessions_pkey" primary key ("tid", "key"));
create table "subject_sessions" ("tid" text collate "C" not null, "key" text collate "C" not null, "sub" text collate "C" not null, "ctx" text collate "C" not null, "payload" text collate "C" not null, "seq" bigint not null, "life_end" bigint not null, "idle" bigint not null, "expires_at" bigint not null, "version" bigint not null, constraint "subject_sessions_pkey" primary key ("tid", "key"));
create table "jwks" ("tid" text collate "C" not null, "payload" text collate "C" not null, "version" bigint not null, constraint "jwks_pkey" primary key ("tid"));
create index "pending_codes_expires_at" on "pending_codes" ("expires_at");
create index "id_access_tokens_expires_at" on "id_access_tokens" ("expires_at");
create index "revocation_journal_expires_at" on "revocation_journal" ("expires_at");
create index "expended_tokens_expires_at" on "expended_tokens" ("expires_at");
create index "auth_sessions_expires_at" on "auth_sessions" ("expires_at");
create index "subject_sessions_expires_at" on "subject_sessions" ("expires_at");
create index "long_lived_authorizations_client" on "long_lived_authorizations" ("tid", "cid", "sub", "act");
create index "subject_sessions_subject" on "subject_sessions" ("tid", "sub", "seq");
`,
    },
  ],
};
