import type { Route } from '../context.ts';
import { guardedEndpoint } from './access.ts';
import type { Assembly } from './feature.ts';

/** The routes that the features declare and the configuration serves, each behind its access rule. */
export function servedRoutes(assembly: Assembly): readonly Route[] {
  const { features, provider } = assembly;
  const { settingsOf } = provider;
  return features
    .flatMap(({ routes = [] }) => routes)
    .filter(({ onlyIf }) => onlyIf?.isOn(settingsOf) !== false)
    .map((declaration) => ({
      method: declaration.method,
      path: declaration.path,
      wellKnown: declaration.wellKnown ?? false,
      endpoint: guardedEndpoint(declaration.access, declaration.endpoint(provider, assembly), settingsOf),
    }));
}
