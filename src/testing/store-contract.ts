import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { authorizationContract } from './contract-authorizations.ts';
import { durableContract } from './contract-durable.ts';
import { grantContract } from './contract-grants.ts';
import { onceContract } from './contract-once.ts';
import { recordContract } from './contract-records.ts';
import { refreshContract } from './contract-refresh.ts';
import { revocationContract } from './contract-revocations.ts';
import { sessionEndContract } from './contract-session-ends.ts';
import { sessionContract } from './contract-sessions.ts';
import { storageContract } from './contract-storage.ts';
import type { Bench, OpenedStorage } from './contract-subject.ts';

export type { OpenedStorage } from './contract-subject.ts';

/**
 * The contract of the stores (`ports/stores`) as a test suite for one driver. `open` makes an empty storage; every test has
 * two tenants of its own in it, with the same keys in both.
 */
export function storeContract(name: string, open: () => Promise<OpenedStorage>): void {
  describe(`store contract: ${name}`, () => {
    let opened: OpenedStorage | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.dispose();
    });

    const bench = (): Bench => {
      if (!opened) throw new Error('The storage is not open');
      const { storage, clock, reopen } = opened;
      const tids = [`a-${randomUUID()}`, `b-${randomUUID()}`] as const;
      return { storage, clock, a: storage.tenant(tids[0]), b: storage.tenant(tids[1]), tids, reopen };
    };

    durableContract(bench);
    authorizationContract(bench);
    grantContract(bench);
    refreshContract(bench);
    revocationContract(bench);
    onceContract(bench);
    recordContract(bench);
    sessionContract(bench);
    sessionEndContract(bench);
    storageContract(bench);
  });
}
