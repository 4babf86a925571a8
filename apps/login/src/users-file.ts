import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isJsonObject, type JsonObject } from '../../kit/src/json.ts';
import { optionalString } from './json.ts';
import type { LoginLog } from './log.ts';
import { costsAlike, NEW_HASH, type PasswordHash, parsePasswordHash, unmatchableHash } from './password-hash.ts';

/** One account of the users file. */
export interface User {
  readonly sub: string;
  /** What the person types to sign in. */
  readonly username: string;
  readonly password: PasswordHash;
  /** Standard claims (OpenID Connect Core, section 5.1). */
  readonly claims: JsonObject;
}

/** The accounts of one reading of the file. */
export interface UserDirectory {
  /** By username, subject or email address, letter case ignored. */
  find(login: string): User | undefined;
  get(sub: string): User | undefined;
  readonly size: number;
  /** For each kind of work that the hashes of the file need, one that fits no password; never empty. */
  readonly decoys: readonly PasswordHash[];
}

/** Names are compared in this form, as phones like to write a capital first. */
export function normalizeLogin(login: string): string {
  return login.trim().normalize('NFKC').toLowerCase();
}

function parseUser(value: unknown, position: number): User {
  const fail = (problem: string) => new Error(`user ${position + 1}: ${problem}`);
  if (!isJsonObject(value)) throw fail('must be a JSON object');
  const sub = optionalString(value['sub']);
  const password = optionalString(value['password']);
  if (sub === undefined) throw fail('"sub" must be a non-empty string');
  if (password === undefined) throw fail('"password" must be a password hash');
  const claims = value['claims'] ?? {};
  if (!isJsonObject(claims)) throw fail('"claims" must be a JSON object');
  try {
    return { sub, username: optionalString(value['username']) ?? sub, password: parsePasswordHash(password), claims };
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
}

/** Reads the text of a users file: `{ "users": [ { "sub", "username"?, "password", "claims"? } ] }`. Throws with the fault. */
export function parseUsers(text: string): UserDirectory {
  const content: unknown = JSON.parse(text);
  const list = isJsonObject(content) ? content['users'] : undefined;
  if (!Array.isArray(list)) throw new Error('must be a JSON object with an array "users"');
  const users = list.map(parseUser);
  const bySub = new Map<string, User>();
  const byLogin = new Map<string, User>();
  for (const user of users) {
    if (bySub.has(user.sub)) throw new Error(`two users have the sub "${user.sub}"`);
    bySub.set(user.sub, user);
    for (const login of new Set([user.sub, user.username, optionalString(user.claims['email'])])) {
      if (login === undefined) continue;
      const owner = byLogin.get(normalizeLogin(login));
      if (owner !== undefined && owner !== user) {
        throw new Error(
          `the users "${owner.sub}" and "${user.sub}" both sign in as "${login}" (sub, username or email)`,
        );
      }
      byLogin.set(normalizeLogin(login), user);
    }
  }
  return {
    find: (login) => byLogin.get(normalizeLogin(login)),
    get: (sub) => bySub.get(sub),
    size: users.length,
    decoys: decoysFor(users),
  };
}

function decoysFor(users: readonly User[]): readonly PasswordHash[] {
  const kinds: PasswordHash[] = [];
  for (const { password } of users) if (!kinds.some((kind) => costsAlike(kind, password))) kinds.push(password);
  return (kinds.length > 0 ? kinds : [NEW_HASH]).map(unmatchableHash);
}

/** A users file on disk that is read again when it changes. */
export interface UsersFile {
  current(): Promise<UserDirectory>;
}

/**
 * Opens the users file; throws when it cannot be read or is wrong. Later faults are logged once per version of the file,
 * and the last good version stays in use.
 */
export function openUsersFile(path: string, log: LoginLog): UsersFile {
  const stamp = (state: { mtimeMs: number; size: number; ino: number }) =>
    `${state.mtimeMs} ${state.size} ${state.ino}`;
  const why = (error: unknown) => (error instanceof Error ? error.message : String(error));
  let directory: UserDirectory;
  let seen: string;
  try {
    seen = stamp(statSync(path));
    directory = parseUsers(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`The users file ${path} cannot be used: ${why(error)} (USERS_FILE)`);
  }
  log.info('LG1001', 'users file read', { path, users: directory.size });

  return {
    async current() {
      try {
        const now = stamp(await stat(path));
        if (now !== seen) {
          seen = now;
          directory = parseUsers(await readFile(path, 'utf8'));
          log.info('LG1001', 'users file read', { path, users: directory.size });
        }
      } catch (error) {
        const problem = why(error);
        if (seen !== problem) log.error('LG1002', 'users file is broken, keeping the last good one', { path, problem });
        // A missing file has no stamp; its message stands in, so that one fault is one log line.
        if (isJsonObject(error) && 'code' in error) seen = problem;
      }
      return directory;
    },
  };
}
