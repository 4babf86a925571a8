import { loadSettings } from '../../config/load-settings.ts';
import { fatal } from '../../config/problem.ts';
import { entriesIn, textLayer } from '../../config/settings-layer.ts';
import { byApiToken } from '../../protocol/features/access.ts';
import { bodyOf } from '../../protocol/features/body-shape.ts';
import { checkSettings } from '../../protocol/features/check-settings.ts';
import { propertyGroupsOf } from '../../protocol/features/derive.ts';
import type { Feature } from '../../protocol/features/feature.ts';
import { fixedLimit } from '../../protocol/features/limit.ts';
import { openedBy } from '../../protocol/features/switch.ts';
import { createConfigCheck, maxConfiguration } from './config-check.ts';
import { configCheckProperties } from './properties.ts';

const place = '/config/check';

/** Entries of a configuration that is checked: there are some four hundred properties. */
const maxEntries = 1000;

/**
 * The checks of the start as a web API, for configurations that are not applied. To check is work in the event loop, so only
 * the operator may order it, and only so much.
 */
export const configCheckFeature: Feature = {
  name: 'configCheck',
  title: 'Configuration check',
  place,
  properties: configCheckProperties,
  limits: [
    fixedLimit('A configuration', maxConfiguration, 'bytes', { error: 'body-too-large' }),
    fixedLimit('Entries of a configuration', maxEntries, '', { error: 'invalid-parameter' }),
  ],
  routes: [
    {
      method: 'POST',
      path: place,
      purpose: 'Check a configuration without applying it',
      access: byApiToken(configCheckProperties),
      onlyIf: openedBy(configCheckProperties),
      request: bodyOf('text/plain'),
      endpoint(_provider, { features }) {
        const groups = propertyGroupsOf(features);
        const check = createConfigCheck((text) => {
          const { layer, problems: unreadable } = textLayer(text, 'configuration');
          if (entriesIn(layer) > maxEntries) return [fatal('', `has more than ${maxEntries} entries`, '')];
          const sources = { layers: [layer], problems: unreadable };
          // Which name was meant is for the terminal: to find out takes longer than all the rest.
          const { settingsOf, problems } = loadSettings(groups, sources, { suggestions: false });
          return [...problems, ...checkSettings(features, settingsOf)];
        });
        return (_ctx, request) => check(request);
      },
    },
  ],
};
