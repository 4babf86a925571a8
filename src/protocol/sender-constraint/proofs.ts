import type { ClientCertificate } from '../../domain/client-certificate.ts';
import type { Confirmation } from '../../domain/confirmation.ts';
import type { HttpRequest } from '../../ports/endpoint.ts';
import type { RequestContext } from '../context.ts';
import type { SenderConstraint } from './sender-constraint.ts';
import { senderConstraints } from './sender-constraint.ts';

/** The proofs of possession in one request. */
export interface Proofs {
  /** To which tokens may be bound, and what bound ones are held against; `undefined` when nothing is proved. */
  readonly confirmation: Confirmation | undefined;
  readonly certificate: ClientCertificate | undefined;
}

const noProofs: Proofs = Object.freeze({ confirmation: undefined, certificate: undefined });

/**
 * The proofs in a request, by all sender constraints of the server; `accessToken` as presented with them, if one is. At once
 * where the server has no sender constraint. Throws an `OAuthError` for a bad proof.
 */
export function proofsIn(
  ctx: RequestContext,
  request: HttpRequest,
  accessToken: string | undefined,
): Proofs | Promise<Proofs> {
  const constraints = ctx.provider.registry.of(senderConstraints);
  return constraints.size === 0 ? noProofs : collect(constraints, ctx, request, accessToken);
}

async function collect(
  constraints: ReadonlyMap<string, SenderConstraint>,
  ctx: RequestContext,
  request: HttpRequest,
  accessToken: string | undefined,
): Promise<Proofs> {
  let confirmation: Confirmation | undefined;
  let certificate: ClientCertificate | undefined;
  for (const constraint of constraints.values()) {
    const proof = await constraint.prove(ctx, request, accessToken);
    if (!proof) continue;
    confirmation = { ...confirmation, [constraint.member]: proof.thumbprint };
    certificate ??= proof.certificate;
  }
  return { confirmation, certificate };
}
