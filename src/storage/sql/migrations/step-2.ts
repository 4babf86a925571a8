import type { MigrationStep } from './step.ts';

/** Records are changed on condition of their version, no more of their seed. Released with 0.1. */
export const noSeedColumnStep: MigrationStep = {
  version: 2,
  name: 'no seed column',
  parts: [
    {
      sqlite: `
alter table "long_lived_authorizations" drop column "rts";
`,
      postgres: `
alter table "long_lived_authorizations" drop column "rts";
`,
    },
  ],
};
