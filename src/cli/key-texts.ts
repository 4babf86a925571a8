import { jwkThumbprint } from '../crypto/generate-keys.ts';
import type { KeyReport, RevocationReport, RotationReport } from '../crypto/key-management.ts';
import { isRotated, type KeyStanding, type ManagedKey, roleOf } from '../crypto/key-schedule.ts';
import type { Jwk } from '../domain/jwk.ts';

/** The keys as a table: kid, use, type, what each does and what comes next, thumbprint. */
export function listedKeys(report: KeyReport): string {
  return table(
    report.keys.map((standing) => {
      const { jwk } = standing.key;
      return [...names(jwk), standingText(standing, report), jwk.kty === 'oct' ? '' : jwkThumbprint(jwk)];
    }),
  );
}

/** The keys of a set that the server does not manage as a table: kid, use, type, thumbprint. */
export function listedPublicKeys(jwks: readonly Jwk[]): string {
  return table(jwks.map((jwk) => [...names(jwk), jwkThumbprint(jwk)]));
}

/** What a rotation does, and when. */
export function rotationText(report: RotationReport): string {
  const { successors, rules, now } = report;
  const usedFrom = now + rules.lead;
  const former = report.replaced.map(({ jwk }) => jwk.kid);
  const ending = report.keys.filter(({ key }) => former.includes(key.jwk.kid) && key.removedFrom !== undefined);
  const held = ending.filter(({ key }) => (key.removedFrom ?? 0) > usedFrom + rules.retention);
  const lasting = former.filter((kid) => !ending.some(({ key }) => key.jwk.kid === kid));
  const lines = [
    `${successors.length} new ${successors.length === 1 ? 'key is' : 'keys are'} stored. Every process knows and publishes them within keyStore.jwkSetCacheLifetime:`,
    indent(table(successors.map(({ jwk }) => names(jwk)))),
    `Until ${time(usedFrom)} the present keys stay in use, then the new ones are used (keyStore.rotation.publishAhead).`,
  ];
  if (ending.length > 0) {
    lines.push(
      `The old signing and encryption keys stay valid until ${time(usedFrom + rules.retention)} (keyStore.rotation.retention), and are removed then.`,
    );
  }
  for (const { key } of held) {
    lines.push(`${key.jwk.kid} stays until ${time(key.removedFrom ?? 0)}, held by tokens that live so long.`);
  }
  if (lasting.length > 0) {
    lines.push(`What was made with ${lasting.join(' and ')} stays valid until you revoke the key.`);
  }
  lines.push('Nothing has to be restarted. To see how far it is: tessera keys list');
  return lines.join('\n');
}

/** What a revocation means: in the past tense when it is done. */
export function revocationText(report: RevocationReport, { done }: { readonly done: boolean }): string {
  const { revoked, successor } = report;
  const { kid } = revoked.key.jwk;
  const lines = [
    done
      ? `The key ${kid} was taken out of use.`
      : `Revocation would take the key ${kid} (${revoked.state}) out of use at once.`,
    ...consequences(revoked),
  ];
  if (successor !== undefined) {
    const waited = successor.created < report.now ? 'which is published already' : 'which is new';
    lines.push(
      `In its place ${done ? 'stands' : 'would stand'} ${done || waited === 'which is published already' ? `${successor.jwk.kid}, ${waited}` : 'a new key'}.`,
      'The processes learn of it within keyStore.jwkSetCacheLifetime; what one makes with the new key meanwhile, another may refuse once.',
    );
  }
  return lines.join('\n');
}

function consequences({ key, state }: KeyStanding): readonly string[] {
  if (state === 'next') return ['It was not used yet: nothing becomes invalid, and the key in use stays in use.'];
  const role = roleOf(key.jwk);
  if (role === 'hmac') {
    return [
      'All identifiers made with it become invalid: sessions of users, who have to sign in again, codes and authorisation sessions in flight, identifier access tokens, and identifier-based refresh tokens of the first release.',
    ];
  }
  if (role === 'refresh-token-encrypt') {
    return ['All refresh tokens made with it become invalid: their users have to sign in again.'];
  }
  if (key.jwk.use === 'enc') return ['What was encrypted to it cannot be read any more.'];
  const lines = [
    'All tokens signed with it become invalid for the server at once, and for others when they read /jwks.json again, which they may keep for keyStore.jwkSetCacheLifetime or longer.',
  ];
  if (state === 'current')
    lines.push('Clients that keep the published keys fail on new tokens until they read them again.');
  return lines;
}

function standingText(standing: KeyStanding, report: KeyReport): string {
  const { heldUntil } = standing.key;
  const text = lifeText(standing, report);
  return heldUntil !== undefined && isHeld(standing, report)
    ? `${text}, held until ${time(heldUntil)} by tokens that live so long`
    : text;
}

/** Whether a hold says more than the rest: a superseded key is removed when the hold ends, or later for another reason. */
function isHeld({ key: { heldUntil = 0, removedFrom } }: KeyStanding, { now }: KeyReport): boolean {
  return heldUntil > now && heldUntil >= (removedFrom ?? 0);
}

function lifeText({ key, state }: KeyStanding, { keys, rules }: KeyReport): string {
  if (state === 'next') return `waits, used from ${time(key.usedFrom)}`;
  if (state === 'superseded') {
    return key.removedFrom === undefined
      ? 'superseded, reads what was made with it until revoked'
      : `superseded, removed from ${time(key.removedFrom)}`;
  }
  const since = `in use since ${time(Math.max(key.usedFrom, key.created))}`;
  const next = nextUse(key, keys);
  if (next !== undefined) return `${since}, until ${time(next)}`;
  return rules.maxAge > 0 && isRotated(key.jwk) ? `${since}, rotated from ${time(key.created + rules.maxAge)}` : since;
}

function nextUse(key: ManagedKey, keys: readonly KeyStanding[]): number | undefined {
  const role = roleOf(key.jwk);
  return keys.find((other) => other.state === 'next' && roleOf(other.key.jwk) === role)?.key.usedFrom;
}

function names(jwk: Jwk): readonly string[] {
  const bits = jwk.kty === 'oct' ? `${Buffer.from(jwk.k ?? '', 'base64url').length * 8}` : jwk.crv;
  return [jwk.kid ?? '', jwk.use ?? '', bits === undefined ? jwk.kty : `${jwk.kty} ${bits}`];
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** UTC, to the second. */
function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
