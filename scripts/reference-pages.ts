import { renderReferencePage } from '../src/config/reference-page.ts';
import { defaultSettings, type SettingsReader } from '../src/config/settings-reader.ts';
import { errorCatalogue } from '../src/errors/catalogue.ts';
import { allEvents } from '../src/events/catalogue.ts';
import type { EventEntry } from '../src/events/event.ts';
import { grantEvents } from '../src/events/token-events.ts';
import { metadataShares } from '../src/protocol/discovery/metadata.ts';
import type { Access, AccessRule } from '../src/protocol/features/access.ts';
import type { BodyShape, Members } from '../src/protocol/features/body-shape.ts';
import { trialServices } from '../src/protocol/features/check-settings.ts';
import { propertyGroupsOf, registryOf } from '../src/protocol/features/derive.ts';
import type { Feature, RouteDeclaration } from '../src/protocol/features/feature.ts';
import type { Limit } from '../src/protocol/features/limit.ts';

const generated = '<!-- Generated from the source by `npm run docs`. Do not edit. -->';

/** The pages of `docs/reference/` by file name, as they follow from the features and from the catalogues of errors and events. */
export function referencePages(features: readonly Feature[]): ReadonlyMap<string, string> {
  const titles = Object.fromEntries(features.map(({ name, title }) => [name, title]));
  return new Map([
    ['config.md', renderReferencePage(propertyGroupsOf(features), titles)],
    ['errors.md', errorsPage()],
    ['events.md', eventsPage(features)],
    ['endpoints.md', endpointsPage(features)],
    ['features.md', featuresPage(features)],
    ['limits.md', limitsPage(features)],
  ]);
}

function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([id, { code: error, status, text, spec }]) =>
      `| \`${id}\` | \`${error}\` | ${status} | ${text} | ${spec.startsWith('https:') ? `[${specName(spec)}](${spec})` : spec} |`,
  );
  return `# Error reference

${generated}

An error reaches the caller as \`error\` and \`error_description\`: in a JSON body, or as parameters for the client's redirection URI, where the
status has no meaning. The text may be more telling than the one here where that gives nothing away. The identifier and the exact reason
are in the server's log.

| Identifier | \`error\` | Status | \`error_description\` | Specification |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function specName(url: string): string {
  const rfc = /rfc(\d+)(?:#section-(.+))?$/.exec(url);
  if (rfc) return rfc[2] === undefined ? `RFC ${rfc[1]}` : `RFC ${rfc[1]}, ${rfc[2]}`;
  return url.includes('openid-connect-core') ? 'OpenID Connect Core' : 'OAuth 2.0 Multiple Response Types';
}

function eventsPage(features: readonly Feature[]): string {
  const { answered, failed, refused } = grantEvents('<grant>');
  const own = features.flatMap((feature) => Object.values(feature.events ?? {}));
  const all: readonly EventEntry[] = [...allEvents, answered, failed, ...refused.values(), ...own];
  const logged = all.filter(({ level }) => level !== undefined);
  const rest = all.filter(({ level }) => level === undefined);
  return `# Event reference

${generated}

What the server tells of: to its log, to its metrics and to listeners. Identifiers and meters stay the same across versions. Every
meter is there from the start, with 0; those of a grant (\`<grant>\`) when the configuration offers it. In Prometheus they end in \`_total\`, and
dots are underscores.

## Logged

The lines of one request share a \`requestId\` beside these fields; \`?\` stands where one may be absent. Credentials, tokens and codes are never
among them.

| Event | Level | Text | Fields | Meter | Meaning |
|---|---|---|---|---|---|
${inOrder(logged, ({ id, text }) => `${id} ${text}`)
  .map(loggedRow)
  .join('\n')}

## Only counted

| Meter | Counts |
|---|---|
${inOrder(rest, ({ meter, text }) => `${meter} ${text}`)
  .map(({ meter, text }) => `| \`${meter}\` | ${text} |`)
  .join('\n')}
`;
}

function inOrder(entries: readonly EventEntry[], key: (entry: EventEntry) => string): readonly EventEntry[] {
  return entries.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function loggedRow({ id, level, text, fields, message, meter, meaning }: EventEntry): string {
  const shown = Object.entries(fields).filter(([name]) => name !== message);
  const names = shown.map(([name, type]) => `${code(name)}${type.endsWith('?') ? '?' : ''}`);
  const line = message === undefined ? text : `(${text.toLowerCase()})`;
  return `| ${code(id ?? '')} | ${level?.toUpperCase()} | ${line} | ${names.join(', ')} | ${meter === undefined ? '' : code(meter)} | ${meaning ?? ''} |`;
}

function endpointsPage(features: readonly Feature[]): string {
  const routes = features.flatMap((feature) => feature.routes ?? []);
  const rows = [...Map.groupBy(routes, ({ path, purpose }) => `${path}\n${purpose}`).values()].map(endpointRow);
  const bodies = routes.filter(({ request, response, query, headers }) => request || response || query || headers);
  return `# Endpoint reference

${generated}

Paths are relative to the issuer URL. \`HEAD\` is served where \`GET\` is; other methods get 405 with an \`Allow\` header. The authorization
endpoint is the login page (\`op.authz.endpoint\`), which is a program apart: see the
[guide](../guides/your-own-login-page.md). Where the issuer has a path, a well-known place is found before and behind it: for
\`https://example.com/op\` at \`/op/.well-known/...\` and at \`/.well-known/.../op\` (RFC 8414, sections 3.1 and 5), which a proxy has to
hand on, too. A web API without a configured token is off, and answers 403.

| Path | Methods | What for | Access |
|---|---|---|---|
${rows.join('\n')}

## What goes in and out

Members of the body, of the query (\`?\`) and of the header (\`:\`), with their JSON types where these are not strings; \`?\` behind a name
stands where one may be absent. Answers are those of success.

| Request | Takes | Answers |
|---|---|---|
${bodies.map(bodyRow).join('\n')}
`;
}

function endpointRow(same: readonly RouteDeclaration[]): string {
  const [first] = same;
  if (!first) return '';
  const methods = same.map(({ method }) => `\`${method}\``).join(', ');
  return `| \`${first.path || '/'}\` | ${methods} | ${first.purpose} | ${accessText(first.access)}${unlessText(first)} |`;
}

function unlessText({ onlyIf }: RouteDeclaration): string {
  if (!onlyIf) return '';
  return onlyIf.property.type === 'boolean'
    ? `, unless \`${onlyIf.property.name}=false\``
    : ', 404 where there is none';
}

function accessText(rule: AccessRule): string {
  return rule.length === 0 ? 'open' : rule.map(wayText).join(', or ');
}

function wayText(way: Access): string {
  switch (way.by) {
    case 'api-token': {
      const where = way.inQuery ? ', also as `access_token` in the query' : '';
      return `API token (\`${way.group.apiTokens.name}\`)${where}`;
    }
    case 'client':
      return 'client authentication';
    case 'access-token':
      return `access token with scope \`${way.scope}\``;
    case 'registration-token':
      return 'registration access token of the client';
  }
}

function bodyRow({ method, path, query = {}, headers = {}, request, response }: RouteDeclaration): string {
  const takes = [
    ...memberTexts(headers, (name) => `${name}:`),
    ...memberTexts(query, (name) => `?${name}`),
    ...(request ? [bodyText(request)] : []),
  ];
  return `| \`${method} ${path || '/'}\` | ${takes.join(', ') || '-'} | ${response ? bodyText(response) : '-'} |`;
}

function bodyText({ mediaType, members }: BodyShape): string {
  const kinds: Readonly<Record<string, string>> = {
    'application/json': 'JSON',
    'application/x-www-form-urlencoded': 'form',
  };
  const kind = kinds[mediaType] ?? `\`${mediaType}\``;
  return members ? `${kind}: ${memberTexts(members, (name) => name).join(', ')}` : kind;
}

function memberTexts(members: Members, shown: (name: string) => string): readonly string[] {
  return Object.entries(members).map(([name, type]) => {
    const optional = type.endsWith('?') ? '?' : '';
    const plain = optional ? type.slice(0, -1) : type;
    return `\`${shown(name)}\`${optional}${plain === 'string' ? '' : ` ${plain}`}`;
  });
}

function limitsPage(features: readonly Feature[]): string {
  const sections = features.flatMap(({ title, limits = [] }) =>
    limits.length > 0 ? [limitsSection(title, limits)] : [],
  );
  return `# Limits

${generated}

Whatever outsiders can grow is bounded: here is by what. Where a property is named the number is its default. What happens beyond a limit is an
[error](errors.md) for the caller unless the table says something else.

${sections.join('\n')}`;
}

function limitsSection(title: string, limits: readonly Limit[]): string {
  const rows = limits.map(({ what, number, unit, property, beyond }) => {
    const consequence = 'error' in beyond ? code(beyond.error) : beyond.effect;
    const amount = `${number.toLocaleString('en-US')}${unit === '' ? '' : ` ${unit}`}`;
    return `| ${what} | ${amount} | ${property === undefined ? '-' : code(property)} | ${consequence} |`;
  });
  return `## ${title}\n\n| What | Limit | Property | Beyond it |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function featuresPage(features: readonly Feature[]): string {
  const defaults = defaultSettings(features.flatMap(({ properties }) => (properties ? [properties] : [])));
  const sections = features.map((feature) => featureSection(feature, defaults)).filter((text) => text !== '');
  return `# Feature reference

${generated}

Everything that a feature adds beside [properties](config.md) and [endpoints](endpoints.md).

${sections.join('\n')}`;
}

function featureSection(feature: Feature, defaults: SettingsReader): string {
  const { title, records = [] } = feature;
  const registry = registryOf([feature], trialServices(defaults));
  const lines = registry.kinds.flatMap((kind) => {
    if (kind === metadataShares) return [];
    const names = [...registry.of(kind).keys()];
    return names.length === 0 ? [] : [`- ${kind.title}: ${names.map(code).join(', ')}`];
  });
  if (records.length > 0) lines.push(`- kind of records: ${records.map(({ name }) => code(name)).join(', ')}`);
  return lines.length === 0 ? '' : `## ${title}\n\n${lines.join('\n')}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}
