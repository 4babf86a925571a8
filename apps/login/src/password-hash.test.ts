import { describe, expect, it } from 'vitest';
import { hashPassword, parsePasswordHash, unmatchableHash, verifyPassword } from './password-hash.ts';

describe('password hashes', () => {
  it.each(['argon2id', 'scrypt'] as const)('makes and verifies %s hashes', async (kind) => {
    const phc = await hashPassword('pässword', kind);
    expect(phc).toMatch(kind === 'scrypt' ? /^\$scrypt\$ln=15,r=8,p=1\$/ : /^\$argon2id\$v=19\$m=65536,t=3,p=4\$/);
    const hash = parsePasswordHash(phc);
    expect(await verifyPassword('pässword', hash)).toBe(true);
    expect(await verifyPassword('password', hash)).toBe(false);
    expect(await verifyPassword('pässword', unmatchableHash(hash))).toBe(false);
    expect(await hashPassword('pässword', kind)).not.toBe(phc);
  });

  it('agrees with other implementations: scrypt vector of RFC 7914, section 12', async () => {
    const hash = Buffer.from(
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
      'hex',
    );
    const salt = Buffer.from('SodiumChloride').toString('base64').replaceAll('=', '');
    const phc = `$scrypt$ln=14,r=8,p=1$${salt}$${hash.toString('base64').replaceAll('=', '')}`;
    expect(await verifyPassword('pleaseletmein', parsePasswordHash(phc))).toBe(true);
  });

  it.each([
    ['a plain password', 'secret', /must be a hash of the form/],
    ['bcrypt', '$2b$10$abcdefghijklmnopqrstuv', /must be a hash of the form/],
    ['too much memory', '$argon2id$v=19$m=9999999,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', /m must be between/],
    ['no passes', '$argon2id$v=19$m=65536,t=0,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', /t must be between/],
    ['cheap scrypt', '$scrypt$ln=4,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', /ln must be between/],
    ['a short salt', '$scrypt$ln=15,r=8,p=1$c2Fs$aGFzaGhhc2hoYXNoaGFzaA', /salt .* 8 to 64 bytes/],
  ])('refuses %s and does not repeat it', (_name, phc, problem) => {
    expect(() => parsePasswordHash(phc)).toThrow(problem);
    expect(() => parsePasswordHash(phc)).not.toThrow(phc);
  });
});
