import { readFile, stat } from 'node:fs/promises';
import { messageOf } from '../../domain/error-message.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { events } from '../../events/catalogue.ts';
import type { ClaimsSource } from '../../ports/claims-source.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events } from '../../ports/events.ts';
import type { UsersFileClaimsSourceSettings } from './users-file-properties.ts';

type Users = ReadonlyMap<string, JsonObject>;

/**
 * A claims source over a JSON file, `{ "users": [ { "sub", "claims" } ] }`; other members of a user, such as the password
 * hash, are for the login page. The file is looked at once a second at most, when claims are asked for, and read again when
 * it has changed. A file that is broken then is logged, and the last good content stays in use. Rejects with an `Error` for
 * the operator when the file cannot be used at the start.
 */
export async function openUsersFileClaimsSource(deps: {
  readonly settings: UsersFileClaimsSourceSettings;
  readonly clock: Clock;
  readonly events: Events;
}): Promise<ClaimsSource> {
  const { settings, clock } = deps;
  const { file } = settings;
  if (file === undefined) throw new Error('op.usersFileClaimsSource.enable needs op.usersFileClaimsSource.file');
  let users: Users;
  let version: string;
  try {
    version = await versionOf(file);
    users = parseUsers(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`op.usersFileClaimsSource.file: ${file} cannot be used: ${messageOf(error)}`);
  }
  deps.events.emit(events.claims.usersFileRead, { file, users: users.size });
  let lookedAt = clock.now();
  let looking: Promise<void> | undefined;

  const look = async () => {
    try {
      const found = await versionOf(file).catch(() => 'missing');
      if (found === version) return;
      // Before the file is read: a broken or missing one is reported once, not each second.
      version = found;
      users = parseUsers(await readFile(file, 'utf8'));
      deps.events.emit(events.claims.usersFileRead, { file, users: users.size });
    } catch (error) {
      deps.events.emit(events.claims.usersFileBroken, { file }, error);
    } finally {
      looking = undefined;
    }
  };

  return {
    name: 'usersFile',
    supportedClaims: settings.supportedClaims,
    async getClaims(subject, names, locales) {
      const now = clock.now();
      if (now !== lookedAt) {
        lookedAt = now;
        looking = look();
      }
      if (looking !== undefined) await looking;
      const claims = users.get(subject);
      return claims && select(claims, names, locales);
    },
  };
}

/** The subjects of a users file with their claims. Throws an `Error` that says where the file is wrong. */
export function parseUsers(text: string): Users {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's own message would quote the file, which has password hashes.
    throw new Error('it is not JSON');
  }
  const list = isJsonObject(document) ? document['users'] : undefined;
  if (!Array.isArray(list)) throw new Error('expected { "users": [ ... ] }');
  const users = new Map<string, JsonObject>();
  for (const [i, user] of list.entries()) {
    const { sub, claims = {} } = isJsonObject(user) ? user : {};
    if (typeof sub !== 'string' || sub === '') throw new Error(`users[${i}] needs a sub`);
    if (!isJsonObject(claims)) throw new Error(`users[${i}].claims is not an object`);
    if (users.has(sub)) throw new Error(`users[${i}] repeats the sub of another user`);
    users.set(sub, claims);
  }
  return users;
}

/** The named claims, and of each the variants in the preferred languages (OpenID Connect Core, section 5.2). */
function select(claims: JsonObject, names: readonly string[], locales: readonly string[]): JsonObject {
  const selected: [string, Json][] = [];
  for (const name of names) {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (value !== undefined) selected.push([name, value]);
    if (locales.length === 0 || name.includes('#')) continue;
    for (const [tagged, variant] of Object.entries(claims)) {
      if (
        variant !== undefined &&
        tagged.startsWith(`${name}#`) &&
        isPreferred(tagged.slice(name.length + 1), locales)
      ) {
        selected.push([tagged, variant]);
      }
    }
  }
  return Object.fromEntries(selected);
}

/** Whether a language tag is one of the preferred ones, or a narrower one (RFC 4647, section 3.3.1). */
function isPreferred(tag: string, locales: readonly string[]): boolean {
  const lower = tag.toLowerCase();
  return locales.some((locale) => {
    const range = locale.toLowerCase();
    return lower === range || lower.startsWith(`${range}-`);
  });
}

/** Changes when the file does, also when it is replaced within the resolution of its time. */
async function versionOf(file: string): Promise<string> {
  const { mtimeNs, size, ino } = await stat(file, { bigint: true });
  return `${mtimeNs} ${size} ${ino}`;
}
