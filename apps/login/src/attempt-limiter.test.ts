import { describe, expect, it } from 'vitest';
import { addressKey, createAttemptLimiter, DEFAULT_LIMITS, inWords } from './attempt-limiter.ts';

const limits = { ...DEFAULT_LIMITS, perName: 2, longestWait: 8, window: 60 };

describe('the attempt limiter', () => {
  it('doubles the wait with each failure, up to the longest, and forgets them after the window', () => {
    let now = 1_000_000;
    const limiter = createAttemptLimiter(() => now, limits);
    const attempt = () => limiter.attempt({ name: 'a', address: '10.0.0.1' });
    expect([attempt().allowed, attempt().allowed]).toEqual([true, true]);
    for (const retryAfter of [1, 2, 4, 8, 8]) {
      expect(attempt()).toEqual({ allowed: false, retryAfter });
      now += retryAfter * 1000;
      expect(attempt().allowed).toBe(true);
    }
    now += 60_000;
    expect([attempt().allowed, attempt().allowed, attempt().allowed]).toEqual([true, true, false]);
  });

  it('forgets the failures of a name after a success, but not those of the address', () => {
    const limiter = createAttemptLimiter(() => 0, { ...limits, perAddress: 3 });
    const attempt = (name: string) => limiter.attempt({ name, address: '10.0.0.1' });
    attempt('a');
    const second = attempt('a');
    if (second.allowed) second.succeeded();
    expect(attempt('a').allowed).toBe(true);
    expect(attempt('b').allowed).toBe(true);
    expect(attempt('c').allowed).toBe(false);
  });

  it('stays bounded when names are made up, however long they are', () => {
    const limiter = createAttemptLimiter(() => 0, { ...limits, perName: 1, perAddress: 1_000_000 });
    const allowed = (name: string) => limiter.attempt({ name, address: '10.0.0.1' }).allowed;
    allowed('first');
    expect(allowed('first')).toBe(false);
    for (let count = 0; count < 12_000; count++) allowed(`name ${count}`);
    expect(allowed('first')).toBe(true);
    expect(allowed('name 11999')).toBe(false);
  });

  it.each([
    [1, 'one second'],
    [20, '20 seconds'],
    [90, '90 seconds'],
    [91, '2 minutes'],
    [840, '14 minutes'],
  ])('says %i seconds as %s', (seconds, words) => expect(inWords(seconds)).toBe(words));

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('counts %s as %s', (address, key) => expect(addressKey(address)).toBe(key));
});
