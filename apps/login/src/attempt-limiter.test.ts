import { describe, expect, it } from 'vitest';
import { addressKey, createAttemptLimiter } from './attempt-limiter.ts';

describe('the attempt limiter', () => {
  it('slides: each failure is forgotten on its own', () => {
    let now = 1_000_000;
    const limiter = createAttemptLimiter(() => now, { perAccount: 2, perAddress: 100, window: 60 });
    const allowed = () => limiter.attempt('a', '10.0.0.1').allowed;
    expect(allowed()).toBe(true);
    now += 30_000;
    expect(allowed()).toBe(true);
    expect(limiter.attempt('a', '10.0.0.1')).toEqual({ allowed: false, retryAfter: 30 });
    now += 30_001;
    expect([allowed(), allowed()]).toEqual([true, false]);
  });

  it('forgets the failures of an account after a success, but not those of the address', () => {
    const limiter = createAttemptLimiter(() => 0, { perAccount: 2, perAddress: 3, window: 60 });
    limiter.attempt('a', '10.0.0.1');
    const second = limiter.attempt('a', '10.0.0.1');
    if (second.allowed) second.succeeded();
    expect(limiter.attempt('a', '10.0.0.1').allowed).toBe(true);
    expect(limiter.attempt('b', '10.0.0.1').allowed).toBe(true);
    expect(limiter.attempt('c', '10.0.0.1').allowed).toBe(false);
  });

  it('stays bounded when names are made up', () => {
    const limiter = createAttemptLimiter(() => 0, { perAccount: 1, perAddress: 1_000_000, window: 60 });
    limiter.attempt('first', '10.0.0.1');
    for (let count = 0; count < 25_000; count++) limiter.attempt(`name ${count}`, '10.0.0.1');
    expect(limiter.attempt('first', '10.0.0.2').allowed).toBe(true);
    expect(limiter.attempt('name 24999', '10.0.0.2').allowed).toBe(false);
  });

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('counts %s as %s', (address, key) => expect(addressKey(address)).toBe(key));
});
