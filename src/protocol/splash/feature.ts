import { fatal } from '../../config/problem.ts';
import { version } from '../../version.ts';
import type { Provider } from '../context.ts';
import { isReachable, openToAll } from '../features/access.ts';
import { bodyOf } from '../features/body-shape.ts';
import type { Feature } from '../features/feature.ts';
import { splashProperties } from './properties.ts';
import { isSplashPage, type SplashEndpoint, splashPageReply } from './splash-page.ts';

/** What the issuer URL shows: the features that have a place, and whether the configuration opens them. */
export const splashFeature: Feature = {
  name: 'splash',
  title: 'Splash page',
  properties: splashProperties,
  check: (settingsOf) =>
    isSplashPage(settingsOf(splashProperties).splashPage)
      ? []
      : [
          fatal(
            'op.splashPage',
            'is neither one of the known names nor an http(s) URL',
            'See docs/reference/config.md.',
          ),
        ],
  routes: [
    {
      method: 'GET',
      path: '',
      purpose: 'Splash page',
      access: openToAll,
      response: bodyOf('text/html'),
      endpoint(provider, { features }) {
        const reply = splashPageReply({
          splashPage: provider.settingsOf(splashProperties).splashPage,
          issuer: provider.issuer,
          version,
          endpoints: features.flatMap((feature) => splashEndpoint(feature, provider)),
        });
        return () => reply;
      },
    },
  ],
};

function splashEndpoint(
  { title, place, routes = [] }: Feature,
  { issuer, settingsOf }: Provider,
): readonly SplashEndpoint[] {
  if (place === undefined) return [];
  const enabled = routes.some(
    ({ access, onlyIf }) => isReachable(access, settingsOf) && onlyIf?.isOn(settingsOf) !== false,
  );
  const toSee = routes.some(({ method, path, access }) => method === 'GET' && path === place && access === openToAll);
  return [{ name: title, url: `${issuer}${place}`, enabled, toSee }];
}
