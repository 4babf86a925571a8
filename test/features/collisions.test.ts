import { describe, expect, test } from 'vitest';
import { builtInFeatures } from '../../src/features.ts';
import { prompts } from '../../src/protocol/authorize/prompt-value.ts';
import { openToAll } from '../../src/protocol/features/access.ts';
import type { Feature } from '../../src/protocol/features/feature.ts';
import { add } from '../../src/protocol/features/kinds.ts';
import { authorizationCodeGrant } from '../../src/protocol/grants/authorization-code.ts';
import { grantTypes } from '../../src/protocol/grants/grant-type.ts';
import { tokenProperties } from '../../src/protocol/grants/properties.ts';
import { clientMember } from '../../src/protocol/registration/client-member.ts';
import { text } from '../../src/protocol/registration/metadata-check.ts';
import { startTestServer } from '../../src/testing/test-server.ts';
import { voucherFeature, vouchers } from './vouchers.ts';

const feature = (members: Partial<Feature>): Feature => ({ name: 'other', title: 'Another feature', ...members });

const route = {
  method: 'GET',
  path: '/clients/{id}',
  purpose: '',
  access: openToAll,
  endpoint: () => () => ({ status: 204, headers: {}, body: '' }),
} as const;

/** Starts a server with these features beside the built-in ones, which it must refuse: the sentence with which it does so. */
async function refusal(...features: readonly Feature[]): Promise<string> {
  try {
    const server = await startTestServer({ features });
    await server.close();
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  throw new Error('the server has started');
}

describe('two features that want the same are refused at the start, both by name', () => {
  test.each<[string, Feature, string]>([
    ['a name', feature({ name: 'token' }), 'the feature token adds the name token twice'],
    [
      'a property',
      feature({ properties: { copy: tokenProperties.authMethods } }),
      'the features token and other both declare the property op.token.authMethods',
    ],
    ['a route', feature({ routes: [route] }), 'the features registration and other both add the route GET /clients/{}'],
    [
      'a grant',
      feature({ registers: () => [add(grantTypes, authorizationCodeGrant)] }),
      'the features token and other both add the grant type authorization_code',
    ],
    [
      'a prompt',
      feature({ registers: () => [add(prompts, { name: 'login', exclusive: true, forces: undefined })] }),
      'the features authorize and other both add the prompt login',
    ],
    [
      'a member of the client metadata',
      feature({ clientMetadata: [clientMember('scope', text)] }),
      'the features registration and other both add the client metadata member scope',
    ],
    [
      'a member of the metadata',
      feature({ metadata: () => ({ issuer: 'https://elsewhere.example' }) }),
      'the features general and other both add the metadata member issuer',
    ],
  ])('%s', async (_what, other, sentence) => {
    expect(await refusal(other)).toContain(sentence);
  });

  test('a kind of records', async () => {
    const sentence = 'the features vouchers and other both add the kind of records voucher';
    expect(await refusal(voucherFeature, feature({ records: [vouchers] }))).toContain(sentence);
  });

  test('a gauge or a check of health', async () => {
    const gauges = () => ({ 'clientStore.numRegistrations': async () => 0 });
    expect(await refusal(feature({ gauges }))).toContain(
      'the features registration and other both add the gauge clientStore.numRegistrations',
    );
    const health = () => [{ name: 'keyStore.op', check: async () => {} }];
    expect(await refusal(feature({ health }))).toContain(
      'the features keys and other both add the health check keyStore.op',
    );
  });
});

test('no built-in feature shares its name or its place with another', () => {
  const names = builtInFeatures.map(({ name }) => name);
  const places = builtInFeatures.flatMap(({ place }) => place ?? []);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(places).size).toBe(places.length);
});

describe('what features run', () => {
  const running = (name: string, log: string[], more: Partial<Feature> = {}) =>
    feature({
      name,
      open() {
        log.push(`open ${name}`);
        return { close: () => void log.push(`close ${name}`) };
      },
      ...more,
    });

  test('is closed in reverse order', async () => {
    const log: string[] = [];
    const server = await startTestServer({ features: [running('a', log), running('b', log)] });
    await server.close();
    expect(log).toEqual(['open a', 'open b', 'close b', 'close a']);
  });

  test('is closed when a later feature cannot be opened', async () => {
    const log: string[] = [];
    const broken = feature({ open: () => Promise.reject(new Error('the printer is out of paper')) });
    expect(await refusal(running('a', log), broken)).toBe('the printer is out of paper');
    expect(log).toEqual(['open a', 'close a']);
  });

  test('is closed when one of them cannot be closed, which is told', async () => {
    const log: string[] = [];
    const stuck = feature({ open: () => ({ close: () => Promise.reject(new Error('stuck')) }) });
    const server = await startTestServer({ features: [running('a', log), stuck] });
    await expect(server.close()).rejects.toThrow('stuck');
    expect(log).toEqual(['open a', 'close a']);
  });
});

test('a feature that cannot make what it adds is a problem of the configuration', async () => {
  const registers = () => {
    throw new Error('op.other.key is missing');
  };
  expect(await refusal(feature({ registers }))).toContain('op.other.key is missing');
});
