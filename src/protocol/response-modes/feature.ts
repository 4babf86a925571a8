import type { Feature } from '../features/feature.ts';
import { add } from '../features/kinds.ts';
import { responseModes } from './response-mode.ts';
import { formPostMode, fragmentMode, queryMode } from './response-modes.ts';

/** How authorization responses reach the client. */
export const responseModesFeature: Feature = {
  name: 'responseModes',
  title: 'Response modes',
  registers: () => [add(responseModes, queryMode, fragmentMode, formPostMode)],
};
