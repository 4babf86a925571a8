import type { Client } from '../../domain/client.ts';
import type { Json, JsonObject } from '../../domain/json.ts';

/** Members that may have language-tagged variants, by their short names in prompts. */
const localized = {
  name: 'client_name',
  uri: 'client_uri',
  logo_uri: 'logo_uri',
  policy_uri: 'policy_uri',
  tos_uri: 'tos_uri',
};

/** A client as prompts show it: short names, the variant that suits the user's locales, and all variants by tag. */
export function clientView(client: Client, uiLocales: readonly string[]): JsonObject {
  const { metadata } = client;
  const view: Record<string, Json | undefined> = {
    client_id: client.id,
    client_type: client.confidential ? 'confidential' : 'public',
    application_type: client.applicationType,
  };
  for (const [short, name] of Object.entries(localized)) {
    const best = bestVariant(metadata, name, uiLocales);
    if (best !== undefined) view[short] = best;
    for (const [member, value] of Object.entries(metadata)) {
      if (member.startsWith(`${name}#`)) view[`${short}#${member.slice(name.length + 1)}`] = value;
    }
  }
  for (const name of ['contacts', 'software_id', 'software_version', 'data']) {
    if (metadata[name] !== undefined) view[name] = metadata[name];
  }
  if (client.scope) view['scope'] = client.scopeText;
  return view;
}

function bestVariant(metadata: JsonObject, name: string, uiLocales: readonly string[]): Json | undefined {
  for (const locale of uiLocales) {
    const exact = metadata[`${name}#${locale}`];
    if (exact !== undefined) return exact;
    const language = metadata[`${name}#${locale.split('-', 1)[0]}`];
    if (language !== undefined) return language;
  }
  return metadata[name];
}
