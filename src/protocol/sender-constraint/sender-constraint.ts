import type { ClientCertificate } from '../../domain/client-certificate.ts';
import type { Confirmation } from '../../domain/confirmation.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import type { RequestContext } from '../context.ts';
import { kind } from '../features/kinds.ts';

/** What a request has proved to possess, by one sender constraint. */
export interface Proof {
  /** The value that a token bound by it has in `cnf`: the thumbprint of the key or certificate, BASE64URL. */
  readonly thumbprint: string;
  /** The certificate itself, where that is the proof. */
  readonly certificate: ClientCertificate | undefined;
}

/** A way to bind tokens to a key of the sender: DPoP (RFC 9449), mutual TLS (RFC 8705). */
export interface SenderConstraint {
  /** E.g. `dpop`. */
  readonly name: string;
  /** The member of `cnf` (RFC 7800) that tokens bound by it have. */
  readonly member: keyof Confirmation;
  /**
   * The authentication scheme by which tokens bound by it, and no others, have to be presented, such as `DPoP` (RFC 9449,
   * section 7.1); `undefined` where that stays `Bearer`.
   */
  readonly scheme: string | undefined;
  /**
   * The proof in the request, verified; `undefined` when there is none. `accessToken` is the one that is presented with it, at a
   * protected resource (`ath`). Throws an `OAuthError` for a proof that is malformed, wrong or was used before.
   */
  prove(
    ctx: RequestContext,
    request: HttpRequest,
    accessToken: string | undefined,
  ): Proof | undefined | Promise<Proof | undefined>;
}

/** The ways to bind tokens. */
export const senderConstraints = kind<SenderConstraint>('sender constraint');
