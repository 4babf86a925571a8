import { type ParsedJws, parseJws } from '../crypto/jws.ts';
import type { Client } from '../domain/client.ts';
import type { JsonObject } from '../domain/json.ts';

/** Who has made the JWTs that clients present: the server itself, or the client. */
export interface JwtMaker {
  /** Whom a JWT of this maker names as issuer and audience when it is about this client. */
  parties(client: Client): { readonly issuer: string; readonly audience: string };
  /** Why the signature is not one of this maker for the client; `undefined` when it is. It may have to fetch keys. */
  faultOf(jws: ParsedJws, client: Client): string | undefined | Promise<string | undefined>;
}

/** What is expected of a JWT that a client presents. */
export interface JwtRule {
  readonly maker: JwtMaker;
  /** Unix time at which it must be valid (`exp`, `nbf`); `undefined`: its time does not matter. */
  readonly validAt: number | undefined;
  /** Whether this `typ` says that it is the kind that is expected (RFC 8725, section 3.11). */
  readonly hasType: (typ: string | undefined) => boolean;
}

/** A JWT that a client presents: its claims, which may be believed, or why they may not, for the operator. */
export type JwtFrom =
  | { readonly ok: true; readonly claims: JsonObject }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a JWT that a client presents. The signature is looked at first, then issuer, audience, time and type. The answer names the
 * first fault. Never throws for bad input.
 */
export async function jwtFrom(client: Client, text: string, rule: JwtRule): Promise<JwtFrom> {
  const jws = parseJws(text);
  if (!jws) return no('not a signed JWT');
  const fault = await rule.maker.faultOf(jws, client);
  if (fault !== undefined) return no(fault);
  const { issuer, audience } = rule.maker.parties(client);
  const { iss, aud } = jws.claims;
  if (iss !== issuer) return no(`another issuer than ${issuer} (iss)`);
  if (aud !== audience && !(Array.isArray(aud) && aud.includes(audience))) {
    return no(`another audience than ${audience} (aud)`);
  }
  const untimely = rule.validAt === undefined ? undefined : timeFault(jws.claims, rule.validAt);
  if (untimely !== undefined) return no(untimely);
  if (!rule.hasType(jws.typ)) return no(`another type of JWT (typ ${jws.typ?.slice(0, 50) ?? 'absent'})`);
  return { ok: true, claims: jws.claims };
}

function timeFault({ exp, nbf }: JsonObject, now: number): string | undefined {
  if (typeof exp !== 'number') return 'no time of expiry (exp)';
  if (now >= exp) return `expired at ${exp} (exp), it is ${now}`;
  if (nbf !== undefined && (typeof nbf !== 'number' || now < nbf)) return `not valid yet (nbf), it is ${now}`;
  return undefined;
}

function no(reason: string): JwtFrom {
  return { ok: false, reason };
}
