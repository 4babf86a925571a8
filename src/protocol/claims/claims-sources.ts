import type { ClaimsSource } from '../../ports/claims-source.ts';
import { kind } from '../features/kinds.ts';

/** A claims source that a feature brings along, whether or not the configuration turns it on. */
export interface ClaimsSourcePlugIn {
  /** That of the source. */
  readonly name: string;
  readonly enabled: boolean;
  /** Claim names, prefixes ending in `*`, or `*`. */
  readonly supportedClaims: readonly string[];
  /** The property that says which claims it supports. */
  readonly property: string;
  /** Opens the source. Rejects with an `Error` for the operator. */
  open(): ClaimsSource | Promise<ClaimsSource>;
}

/** The claims sources. */
export const claimsSources = kind<ClaimsSourcePlugIn>('claims source');
