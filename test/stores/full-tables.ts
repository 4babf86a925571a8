import type pg from 'pg';

/** The tables that requests look things up in. */
export const tables = [
  'clients',
  'pending_codes',
  'access_tokens',
  'authorizations',
  'grants',
  'revocation_marks',
  'expended_tokens',
  'records',
  'subject_sessions',
] as const;

/** A row of each table for the number `i`; `$1` is when it ends. All belong to the tenant `t`, as with one issuer. */
const rows: Readonly<Record<(typeof tables)[number], string>> = {
  clients: "'t', 'full' || i, '{}', 1",
  pending_codes: "'t', 'full' || i, 's' || i, '', 'c' || i % 10, 'g' || i, '{}', $1, $1, 0",
  access_tokens: "'t', 'full' || i, 's' || i, '', 'c' || i % 10, 'g' || i, 'j' || i, '{}', $1",
  authorizations: "'t', 's' || i, '', 'c' || i % 10, '{}', 1",
  grants: "'t', 'full' || i, 's' || i, '', 'c' || i % 10, '{}', 0, 0, 0, 0, $1, null",
  revocation_marks: "'t', 's' || i, '', '', 1, 1, $1",
  expended_tokens: "'t', 'jti', 'full' || i, 1, $1, null",
  records: "'t', 'ticket', 'full' || i, '{}', 1, $1",
  subject_sessions: "'t', 'full' || i, 's' || i, '', '{}', i, $1, 600, $1, 1",
};

/** Adds the rows from one number to another to each table. */
export async function fillTables(admin: pg.Client, from: number, to: number, now: number): Promise<void> {
  for (const table of tables) {
    const text = `insert into ${table} select ${rows[table]} from generate_series(${from + 1}, ${to}) i`;
    await admin.query(text.replaceAll('$1', `${now + 3600}`));
  }
}
