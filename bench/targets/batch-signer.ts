import { createPrivateKey, type KeyObject, sign } from 'node:crypto';

/** Algorithms of the bare server's tokens. */
type Alg = 'RS256' | 'ES256' | 'EdDSA';

/** A private JWK for each algorithm. */
export type SigningKeys = Readonly<Record<Alg, { readonly [member: string]: unknown }>>;

/** Queues the signature of a JWT; `done` gets the compact serialisation (RFC 7515). */
export type SignLater = (alg: Alg, claims: object, done: (jwt: string) => void) => void;

interface Signer {
  readonly digest: string | null;
  readonly key: { readonly key: KeyObject; readonly dsaEncoding: 'ieee-p1363' };
  readonly header: string;
}

interface Job {
  readonly signer: Signer;
  readonly claims: object;
  readonly done: (jwt: string) => void;
}

/** At most 2 ms of RSA in a row, so that the loop comes round. */
const batchSize = 8;

/** The digest of Ed25519 is part of the scheme (RFC 8032), so there is none to name. */
const digests: Readonly<Record<Alg, string | null>> = { RS256: 'sha256', ES256: 'sha256', EdDSA: null };

/** A signer that works at the end of each turn of the event loop: in a row, signatures find warm caches. */
export function createBatchSigner(keys: SigningKeys): SignLater {
  const signers = { RS256: signerOf(keys, 'RS256'), ES256: signerOf(keys, 'ES256'), EdDSA: signerOf(keys, 'EdDSA') };
  let jobs: Job[] = [];

  function signBatch(): void {
    const batch = jobs.slice(0, batchSize);
    jobs = jobs.slice(batchSize);
    if (jobs.length > 0) setImmediate(signBatch);
    const jwts = batch.map(({ signer, claims }) => {
      const input = `${signer.header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${input}.${sign(signer.digest, Buffer.from(input), signer.key).toString('base64url')}`;
    });
    for (const [index, job] of batch.entries()) job.done(jwts[index] ?? '');
  }

  return (alg, claims, done) => {
    if (jobs.length === 0) setImmediate(signBatch);
    jobs.push({ signer: signers[alg], claims, done });
  };
}

function signerOf(keys: SigningKeys, alg: Alg): Signer {
  const jwk = keys[alg];
  const header = Buffer.from(JSON.stringify({ alg, kid: jwk['kid'], typ: 'at+jwt' })).toString('base64url');
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return { digest: digests[alg], key: { key, dsaEncoding: 'ieee-p1363' }, header };
}
