import { describe, expect, it } from 'vitest';
import { describeProblems, describeSettings, describeSettingsJson } from './describe-settings.ts';
import { loadSettings } from './load-settings.ts';
import { apiTokenHashes, boolean, list, oneOf, text } from './property.ts';
import { renderReferencePage } from './reference-page.ts';
import { textLayer } from './settings-layer.ts';

const groups = {
  general: {
    env: oneOf('env', ['dev', 'prod'], 'dev', 'Guard | rails <of>\nthe server.'),
    password: text('dataSource.password', 'Password.', { secret: true, aliases: ['db.password'] }),
    url: text('dataSource.url', 'Database.'),
  },
  api: {
    tokens: apiTokenHashes('monitor.apiAccessTokenSHA256', '/monitor/v1'),
    scopes: list('op.scopes', [], 'Scopes.', { blankCounts: true }),
    on: boolean('op.on', true, 'On.'),
  },
};
const content = 'env=prod\ndataSource.password=hunter2\ndataSource.url=postgres://app:hunter2@db/x\nop.onn=1';
const { layer } = textLayer(content, 'file t');
const { effective, problems } = loadSettings(groups, { layers: [layer], problems: [] });

describe('describeSettings', () => {
  it('aligns names, values and sources, and masks secrets, also inside URLs', () => {
    expect(describeSettings(effective)).toBe(
      [
        'env                          = prod                          (file t line 1)',
        'dataSource.password          = (secret)                      (file t line 2)',
        'dataSource.url               = postgres://app:(secret)@db/x  (file t line 3)',
        '',
        'monitor.apiAccessTokenSHA256 = none                          (default)',
        'op.scopes                    = (none)                        (default)',
        'op.on                        = true                          (default)',
      ].join('\n'),
    );
  });

  it('can leave the defaults out', () => {
    expect(describeSettings(effective, { onlySet: true }).split('\n')).toHaveLength(3);
    expect(describeSettings([])).toBe('');
  });

  it('gives the same as JSON', () => {
    const parsed: unknown = JSON.parse(describeSettingsJson(effective, problems));
    expect(parsed).toMatchObject({
      settings: { env: { value: 'prod', source: 'file t line 1' }, 'dataSource.password': { value: '(secret)' } },
      problems: [{ severity: 'warning', property: 'op.onn' }],
    });
  });
});

describe('describeProblems', () => {
  it('puts the fatal ones first', () => {
    const base = { property: 'a', source: 's', message: 'is odd', remedy: '' };
    const text = describeProblems([
      { ...base, severity: 'warning' },
      { ...base, severity: 'fatal', property: '' },
    ]);
    expect(text).toBe('FATAL is odd (s)\nWARN a: is odd (s)');
  });
});

describe('renderReferencePage', () => {
  const page = renderReferencePage(groups, { general: 'General' });

  it('has a section per group and a row per property', () => {
    expect(page.match(/^## .*$/gm)).toEqual(['## General', '## api']);
    expect(page.split('\n').filter((line) => line.startsWith('| `'))).toEqual([
      '| `env` | enum | `dev` | Guard \\| rails &lt;of> the server. Allowed: `dev`, `prod`. |',
      '| `dataSource.password` | string | - | Password. Also accepted as `db.password`. Secret: never logged. |',
      '| `dataSource.url` | string | - | Database. |',
      '| `monitor.apiAccessTokenSHA256`, `monitor.apiAccessTokenSHA256.<label>` | multi | `none` | SHA-256 hashes, in hexadecimal, of the bearer tokens that open /monitor/v1; further ones with a label after a dot. None: the API is disabled. |',
      '| `op.scopes` | list | `(none)` | Scopes. A blank value counts. |',
      '| `op.on` | boolean | `true` | On. |',
    ]);
  });

  it('is the same each time, and ends in one line feed', () => {
    expect(renderReferencePage(groups, { general: 'General' })).toBe(page);
    expect(page).toMatch(/[^\n]\n$/);
  });
});
