import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hashPassword, verifyPassword } from './password-hash.ts';
import { openUsersFile, parseUsers } from './users-file.ts';

const demo = readFileSync(new URL('../demo-users.json', import.meta.url), 'utf8');
const STANDARD_CLAIMS =
  `name given_name family_name middle_name nickname preferred_username profile picture website gender
  birthdate zoneinfo locale updated_at email email_verified phone_number phone_number_verified address`.split(/\s+/);

describe('the demo users', () => {
  it.each(['alice', 'bob'])('%s has every standard claim with its type, and the password "secret"', async (sub) => {
    const users = parseUsers(demo);
    const user = users.get(sub);
    if (user === undefined) throw new Error(`no ${sub}`);
    expect(Object.keys(user.claims).toSorted()).toEqual(STANDARD_CLAIMS.toSorted());
    expect(user.claims).toMatchObject({
      email_verified: true,
      phone_number_verified: true,
      updated_at: expect.any(Number),
    });
    expect(user.claims['birthdate']).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(user.claims['address']).toEqual({
      formatted: expect.any(String),
      street_address: expect.any(String),
      locality: expect.any(String),
      region: expect.any(String),
      postal_code: expect.any(String),
      country: expect.any(String),
    });
    expect(await verifyPassword('secret', user.password)).toBe(true);
    expect(users.find(`${sub.toUpperCase()}@example.com`)?.sub).toBe(sub);
  });

  it('an unknown user costs the same kind of work', () => {
    const { decoys } = parseUsers(demo);
    expect(decoys).toEqual([expect.objectContaining({ kind: 'argon2id', m: 65_536, t: 3, p: 4 })]);
  });
});

describe('the work of checking a password', () => {
  it('is the same for everybody: each kind of hash in the file once', async () => {
    const hashes = await Promise.all([hashPassword('x'), hashPassword('y', 'scrypt'), hashPassword('z')]);
    const users = hashes.map((password, index) => ({ sub: `user ${index}`, password }));
    const { decoys } = parseUsers(JSON.stringify({ users }));
    expect(decoys.map(({ kind }) => kind)).toEqual(['argon2id', 'scrypt']);
    for (const decoy of decoys) expect(await verifyPassword('x', decoy)).toBe(false);
  });

  it('is that of a new hash where there are no users', () => {
    expect(parseUsers('{"users":[]}').decoys.map(({ kind }) => kind)).toEqual(['argon2id']);
  });
});

describe('a wrong users file', () => {
  it('names the user and the fault', async () => {
    const password = await hashPassword('x', 'scrypt');
    expect(() => parseUsers('{}')).toThrow('array "users"');
    expect(() => parseUsers('{"users":[1]}')).toThrow('user 1: must be a JSON object');
    expect(() => parseUsers('{"users":[{"sub":"a"}]}')).toThrow('user 1: "password"');
    expect(() => parseUsers(JSON.stringify({ users: [{ sub: 'a', password: 'plain' }] }))).toThrow(
      'user 1: A password must be a hash',
    );
    const twice = [
      { sub: 'a', password },
      { sub: 'b', username: 'A', password },
    ];
    expect(() => parseUsers(JSON.stringify({ users: twice }))).toThrow('"a" and "b" both sign in as "A"');
    expect(() => parseUsers(JSON.stringify({ users: [twice[0], twice[0]] }))).toThrow('two users have the sub "a"');
  });

  it('is refused at start, with its path', () => {
    const log = { info() {}, warn() {}, error() {} };
    expect(() => openUsersFile('/nowhere/users.json', log)).toThrow(
      /\/nowhere\/users\.json cannot be used: .*USERS_FILE/,
    );
  });
});
