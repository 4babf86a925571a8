import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { generateKeySet } from '../../src/crypto/generate-keys.ts';
import { firstReleaseDocument } from '../../src/testing/first-release-keys.ts';
import { ownEncryptionKey, runTessera, soundSettings, temporaryDirectory } from './run-tessera.ts';

/** `tessera keys` on a database of its own. */
function keysOf(more: Readonly<Record<string, string>> = {}) {
  const directory = temporaryDirectory();
  const settings = soundSettings(directory, more);
  return {
    file: join(directory, 'tessera.db'),
    run: (...args: readonly string[]) => runTessera(['keys', ...settings, ...args]),
  };
}

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;

/** The rows of the list: kid, use, type, and the rest. */
function rows(list: string) {
  return list
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
}

describe('keys list', () => {
  test('shows what each key is and does', async () => {
    const { run } = keysOf();
    const { status, stdout, stderr } = await run('list');
    expect([status, stderr]).toEqual([0, '']);
    const listed = rows(stdout);
    expect(listed).toHaveLength(8);
    for (const [, use, , state] of listed) {
      expect(use).toMatch(/^(sig|enc)$/);
      expect(state).toMatch(new RegExp(`^in use since ${time}$`));
    }
    expect(listed.map(([, use, type]) => `${use} ${type}`)).toEqual(
      expect.arrayContaining(['sig RSA', 'sig EC P-256', 'sig OKP Ed25519', 'sig oct 256']),
    );
    expect(listed.map(([kid]) => kid)).toEqual(expect.arrayContaining(['hmac', 'refresh-token-encrypt']));
    // Thumbprints (RFC 7638) of what is public, and of nothing else.
    for (const [, , type, , thumbprint] of listed)
      expect(thumbprint?.length).toBe(type?.startsWith('oct') ? undefined : 43);
  });

  test('says when keys of an age will be rotated', async () => {
    const { run } = keysOf({ 'keyStore.rotation.maxAge': '90' });
    const listed = rows((await run('list')).stdout);
    for (const [kid, , , state] of listed) {
      expect(state).toMatch(kid === 'subject-encrypt' ? /^in use since \S+$/ : new RegExp(`, rotated from ${time}$`));
    }
  });

  test('shows the public keys of a static set', async () => {
    const set = JSON.stringify(await generateKeySet({ rsa: 2048 }));
    const { run } = keysOf({ 'keyStore.staticJWKSet.op': set });
    expect(rows((await run('list')).stdout)).toHaveLength(6);
    for (const command of [['rotate'], ['revoke', 'hmac', '--now']]) {
      const { status, stderr } = await run(...command);
      expect(stderr).toMatch(/^The keys are those of keyStore\.staticJWKSet\.op.*edit the set/);
      expect(status).toBe(78);
    }
  });
});

describe('keys rotate', () => {
  test('says what will happen when, and refuses to do it twice', async () => {
    const { run } = keysOf();
    const rotated = await run('rotate');
    expect([rotated.status, rotated.stderr]).toEqual([0, '']);
    expect(rotated.stdout).toMatch(/^7 new keys are stored\. .*\n(?: {2}\S.*\n){7}/);
    expect(rotated.stdout).toMatch(
      new RegExp(`Until ${time} the present keys stay in use.*keyStore.rotation.publishAhead`),
    );
    expect(rotated.stdout).toMatch(new RegExp(`stay valid until ${time} .*keyStore.rotation.retention`));
    expect(rotated.stdout).toContain(
      'What was made with hmac and refresh-token-encrypt stays valid until you revoke the key.',
    );

    const listed = rows((await run('list')).stdout);
    expect(listed.filter(([, , , state]) => state?.startsWith('waits, used from'))).toHaveLength(7);
    expect(
      listed.filter(([, , , state]) => new RegExp(`^in use since ${time}, until ${time}$`).test(state ?? '')),
    ).toHaveLength(7);

    const again = await run('rotate');
    expect([again.status, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toMatch(/^All keys have successors already/);
  });

  test('takes the kid of a key, or a reserved name, and no other', async () => {
    const { run } = keysOf();
    const rsa = rows((await run('list')).stdout).find(([, use, type]) => use === 'sig' && type === 'RSA')?.[0] ?? '';
    expect((await run('rotate', 'hmac', 'hmac', '--', rsa)).stdout).toMatch(/^2 new keys are stored/);
    expect(await run('rotate', 'hmac')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^The key hmac has a successor already/),
    });
    const unknown = await run('rotate', 'nobody');
    expect(unknown).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^There is no key nobody\. There are: .*hmac/),
    });
    const pairwise = await run('rotate', 'subject-encrypt');
    expect(pairwise).toMatchObject({ status: 1, stderr: expect.stringMatching(/^The key subject-encrypt is neither/) });
  });
});

describe('keys revoke', () => {
  test('tells the consequences first, and does it with --now', async () => {
    const { run } = keysOf();
    const asked = await run('revoke', 'hmac');
    expect([asked.status, asked.stdout]).toEqual([64, '']);
    expect(asked.stderr).toMatch(/^Revocation would take the key hmac \(current\) out of use at once\./);
    expect(asked.stderr).toMatch(/All identifiers made with it become invalid: sessions of users/);
    expect(asked.stderr).toMatch(/Nothing was changed\. To do it: tessera keys revoke hmac --now/);
    expect(rows((await run('list')).stdout).map(([kid]) => kid)).toContain('hmac');

    const done = await run('revoke', 'hmac', '--now');
    expect([done.status, done.stderr]).toEqual([0, '']);
    const successor = /In its place stands (hmac\.[\w-]{4}), which is new\./.exec(done.stdout)?.[1];
    const kids = rows((await run('list')).stdout).map(([kid, , , state]) => [kid, state]);
    expect(kids).toContainEqual([successor, expect.stringMatching(/^in use since/)]);
    expect(kids.map(([kid]) => kid)).not.toContain('hmac');
  });

  test('of a key that waits calls a rotation off', async () => {
    const { run } = keysOf();
    const waiting = /(hmac\.[\w-]{4})/.exec((await run('rotate', 'hmac')).stdout)?.[1] ?? '';
    expect((await run('revoke', waiting, '--now')).stdout).toMatch(
      /nothing becomes invalid, and the key in use stays in use/,
    );
    const hmac = rows((await run('list')).stdout).find(([kid]) => kid === 'hmac');
    expect(hmac?.[3]).toMatch(new RegExp(`^in use since ${time}$`));
  });

  test('needs the kid of a key that can be revoked', async () => {
    const { run } = keysOf();
    expect(await run('revoke')).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/^revoke needs the kid of a key/),
    });
    expect(await run('revoke', 'a', 'b')).toMatchObject({ status: 64, stderr: 'unexpected argument b, see --help\n' });
    expect(await run('revoke', 'nobody', '--now')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^There is no key nobody/),
    });
    expect((await run('revoke', 'subject-encrypt', '--now')).status).toBe(1);
  });
});

describe('a key set in the database', () => {
  const write = (file: string, payload: object) => {
    const database = new DatabaseSync(file);
    database.prepare('update jwks set payload = ?').run(JSON.stringify(payload));
    database.close();
  };
  const stored = (file: string) => {
    const database = new DatabaseSync(file);
    const row = database.prepare('select payload from jwks').get();
    database.close();
    return JSON.parse(String(row?.['payload']));
  };

  test('that somebody has changed stops every command with a sentence and status 78', async () => {
    const { run, file } = keysOf();
    await run('list');
    const document = stored(file);
    document.contexts.op[0].used_from = 1;
    write(file, document);
    for (const command of [['list'], ['rotate']]) {
      const { status, stdout, stderr } = await run(...command);
      expect(stderr).toMatch(
        /^The keys of the server cannot be opened: the stored key set is not what the server wrote.*who can write to the database\.\n$/,
      );
      expect([status, stdout]).toEqual([78, '']);
    }
  });

  test('of the first release is rotated like any other', async () => {
    const { run, file } = keysOf();
    await run('list');
    const keys = await generateKeySet({ rsa: 2048 });
    write(file, firstReleaseDocument(keys, Buffer.from(ownEncryptionKey, 'base64url')));
    expect((await run('rotate')).stdout).toMatch(/^8 new keys are stored/);
    const kids = rows((await run('list')).stdout).map(([kid]) => kid);
    expect(kids).toEqual(expect.arrayContaining(keys.keys.map(({ kid }) => kid)));
    expect(kids).toHaveLength(17);
  });
});
