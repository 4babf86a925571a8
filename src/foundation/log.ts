import { maxLoggedStack } from '../observability/log.ts';
import { logProperties } from '../observability/properties.ts';
import { maxLoggedText } from '../observability/redact.ts';
import type { Feature } from '../protocol/features/feature.ts';
import { fixedLimit } from '../protocol/features/limit.ts';

/** The log, which is open before anything else. */
export const logFeature: Feature = {
  name: 'log',
  title: 'Log',
  properties: logProperties,
  limits: [
    fixedLimit('A text in the log', maxLoggedText, 'characters', { effect: 'It is cut off' }),
    fixedLimit('A stack in the log', maxLoggedStack, 'characters', { effect: 'It is cut off' }),
  ],
};
