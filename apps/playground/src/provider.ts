import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  Configuration,
  type CustomFetch,
  clockSkew,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type ServerMetadata,
} from 'openid-client';
import { createExchangeRecorder, type ExchangeRecorder } from './exchange-recorder.ts';
import { explainFailure, type Failure } from './failure.ts';

/** The time, as a port: tests set it. */
export interface Clock {
  /** Unix time in whole seconds. */
  now(): number;
}

/** How the provider is reached, and as which client. */
export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Empty for a public client. */
  readonly clientSecret: string;
  readonly clock: Clock;
  /** Sends the requests to the server; the global fetch by default. */
  readonly internalFetch?: CustomFetch;
}

/** One conversation with the server: a configured client whose requests are recorded. */
export interface Conversation {
  readonly configuration: Configuration;
  readonly recorder: ExchangeRecorder;
}

/** The server as this client knows it. */
export interface Provider {
  /** Metadata from discovery, kept for a minute; or why there is none. */
  metadata(): Promise<{ readonly metadata: ServerMetadata } | { readonly failure: Failure }>;
  /** Starts a recorded conversation. */
  converse(metadata: ServerMetadata): Conversation;
}

const METADATA_SECONDS = 60;
const TIMEOUT_SECONDS = 10;

function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '127.0.0.1';
}

/**
 * Creates the client side of the protocol on openid-client. Throws an `Error` when the issuer is not a URL, or neither https nor
 * http on `localhost` or `127.0.0.1`: tokens over plain http are for a machine talking to itself.
 */
export function createProvider(options: ProviderOptions): Provider {
  const { issuer, clientId, clientSecret, clock } = options;
  if (!URL.canParse(issuer)) throw new Error(`The issuer must be a URL, received "${issuer}"`);
  const issuerUrl = new URL(issuer);
  const insecure = issuerUrl.protocol === 'http:' && isLoopback(issuerUrl);
  if (issuerUrl.protocol !== 'https:' && !insecure) {
    throw new Error(`The issuer must be https, or http on localhost or 127.0.0.1, received "${issuer}"`);
  }
  const authentication: ClientAuth = clientSecret === '' ? None() : ClientSecretBasic(clientSecret);
  const skew = () => ({ [clockSkew]: clock.now() - Math.floor(Date.now() / 1000) });
  let known: { readonly metadata: ServerMetadata; readonly until: number } | undefined;

  return {
    async metadata() {
      if (known !== undefined && clock.now() < known.until) return known;
      const recorder = createExchangeRecorder(options.internalFetch);
      try {
        const configuration = await discovery(issuerUrl, clientId, skew(), authentication, {
          [customFetch]: recorder.fetch,
          timeout: TIMEOUT_SECONDS,
          ...(insecure && { execute: [allowInsecureRequests] }),
        });
        known = { metadata: configuration.serverMetadata(), until: clock.now() + METADATA_SECONDS };
        return known;
      } catch (error) {
        return { failure: explainFailure(error, recorder.exchanges) };
      }
    },
    converse(metadata) {
      const recorder = createExchangeRecorder(options.internalFetch);
      const configuration = new Configuration(metadata, clientId, skew(), authentication);
      configuration[customFetch] = recorder.fetch;
      configuration.timeout = TIMEOUT_SECONDS;
      if (insecure) allowInsecureRequests(configuration);
      // TLS would do for a code flow (OpenID Connect Core 3.1.3.7); here the signature is part of what is shown.
      enableNonRepudiationChecks(configuration);
      return { configuration, recorder };
    },
  };
}
