import { describe, expect, it } from 'vitest';
import { forgetAccount, readAccounts, rememberAccount, sealAccounts } from './accounts.ts';
import { createSealer } from './csrf.ts';

const sealer = createSealer('a-secret-of-at-least-32-characters');
const account = (sub: string, name = sub) => ({ sub, name, login: sub });

describe('the accounts of a browser', () => {
  it('come back from their cookie, latest first and at most five', () => {
    let known = readAccounts(sealer, undefined);
    const { device } = known;
    for (const sub of ['a', 'b', 'c', 'd', 'e', 'f', 'c']) known = rememberAccount(known, account(sub));
    known = forgetAccount(known, 'e');
    const read = readAccounts(sealer, sealAccounts(sealer, known));
    expect(read.accounts.map(({ sub }) => sub)).toEqual(['c', 'f', 'd', 'b']);
    expect(read.device).toBe(device);
  });

  it('never make a cookie that browsers drop', () => {
    let known = readAccounts(sealer, undefined);
    for (const sub of ['a', 'b', 'c']) known = rememberAccount(known, account(sub, 'é'.repeat(500)));
    const cookie = sealAccounts(sealer, known);
    expect(cookie.length).toBeLessThan(4000);
    expect(readAccounts(sealer, cookie).accounts.map(({ sub }) => sub)).toEqual(['c', 'b']);
    expect(
      readAccounts(sealer, sealAccounts(sealer, rememberAccount(known, account('x', 'x'.repeat(5000))))).accounts,
    ).toEqual([]);
  });
});
