import type { MigrationStep } from './step.ts';

/** The session of a grant as a column, so that the look-up of a grant reads it along. Grants of before have none there. */
export const grantSessionsStep: MigrationStep = {
  version: 4,
  name: 'grant sessions',
  parts: [
    {
      sqlite: `
alter table "grants" add column "session_key" text;
`,
      postgres: `
alter table "grants" add column "session_key" text collate "C";
`,
    },
  ],
};
