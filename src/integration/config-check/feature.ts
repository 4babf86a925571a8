import { loadSettings } from '../../config/load-settings.ts';
import { textLayer } from '../../config/settings-layer.ts';
import { openToAll } from '../../protocol/features/access.ts';
import { bodyOf } from '../../protocol/features/body-shape.ts';
import { checkSettings } from '../../protocol/features/check-settings.ts';
import { propertyGroupsOf } from '../../protocol/features/derive.ts';
import type { Feature } from '../../protocol/features/feature.ts';
import { fixedLimit } from '../../protocol/features/limit.ts';
import { switchedBy } from '../../protocol/features/switch.ts';
import { createConfigCheck, maxConfiguration } from './config-check.ts';
import { configCheckProperties } from './properties.ts';

const place = '/config/check';

/** The checks of the start as a web API, for configurations that are not applied. */
export const configCheckFeature: Feature = {
  name: 'configCheck',
  title: 'Configuration check',
  place,
  properties: configCheckProperties,
  limits: [fixedLimit('A configuration', maxConfiguration, 'bytes', { error: 'body-too-large' })],
  routes: [
    {
      method: 'POST',
      path: place,
      purpose: 'Check a configuration without applying it',
      access: openToAll,
      onlyIf: switchedBy(configCheckProperties, configCheckProperties.enable),
      request: bodyOf('text/plain'),
      endpoint(_provider, { features }) {
        const check = createConfigCheck((text) => {
          const { layer, problems: unreadable } = textLayer(text, 'configuration');
          const { settingsOf, problems } = loadSettings(propertyGroupsOf(features), {
            layers: [layer],
            problems: unreadable,
          });
          return [...problems, ...checkSettings(features, settingsOf)];
        });
        return (_ctx, request) => check(request);
      },
    },
  ],
};
