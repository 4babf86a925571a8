import { readFileSync } from 'node:fs';
import { messageOf } from '../domain/error-message.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import type { RequestContext } from '../protocol/context.ts';
import { clientInformation } from '../protocol/registration/client-information.ts';
import { registerClient } from '../protocol/registration/register-client.ts';
import { masterRegistrant } from '../protocol/registration/registrant.ts';
import { removeClient } from '../protocol/registration/remove-client.ts';
import { requestContext } from '../protocol/request-context.ts';
import { CommandFailed, parseOptions, unexpectedArgument } from './command.ts';
import { takeSettings } from './configuration.ts';
import { openProvider } from './provider.ts';

const usage = `Usage: tessera client add   --config FILE|DIR METADATA.json|-
       tessera client list  --config FILE|DIR
       tessera client show  --config FILE|DIR CLIENT_ID
       tessera client rm    --config FILE|DIR CLIENT_ID

add takes client metadata (RFC 7591) as JSON from a file or standard input, e.g.
  echo '{"redirect_uris":["https://app.example.com/cb"]}' | tessera client add --config tessera.properties -

  --config FILE|DIR   configuration; may be given more than once`;

const pageSize = 500;

/** `tessera client`: manages client registrations in the storage of a configuration. */
export async function client(args: readonly string[]): Promise<void> {
  const { layer, rest } = takeSettings(args);
  const { values, positionals } = parseOptions(
    rest,
    { config: { type: 'string', multiple: true, short: 'c' } },
    usage,
    2,
  );
  const [action, argument] = positionals;
  const act = action !== undefined && Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!act || (action !== 'list' && argument === undefined)) throw new CommandFailed(usage, 64);
  if (action === 'list' && argument !== undefined) throw unexpectedArgument(argument);
  const { provider, close } = await openProvider(values.config ?? [], layer);
  try {
    await act(requestContext(provider, 'cli'), argument ?? '');
  } catch (error) {
    if (error instanceof OAuthError) throw new CommandFailed(`${error.code}: ${error.description} (${error.detail})`);
    throw error;
  } finally {
    await close();
  }
}

const actions: Readonly<Record<string, (ctx: RequestContext, argument: string) => Promise<void>>> = {
  add: async (ctx, file) => print(await registerClient(ctx, readMetadata(file), masterRegistrant)),
  list: listClients,
  async show(ctx, clientId) {
    const stored = await ctx.provider.stores.clients.get(clientId);
    if (!stored) throw noSuchClient(clientId);
    print(clientInformation(ctx.provider.issuer, stored, undefined));
  },
  async rm(ctx, clientId) {
    if (!(await removeClient(ctx, clientId))) throw noSuchClient(clientId);
    console.log(`Removed the client ${clientId}, its authorisations and its tokens.`);
  },
};

async function listClients({ provider }: RequestContext): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const page = await provider.stores.clients.list({ limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { client_id, metadata } of page) {
      console.log(
        `${client_id.padEnd(24)} ${String(metadata['client_name'] ?? '-').padEnd(32)} ${String(metadata['grant_types'])}`,
      );
    }
    after = page.at(-1)?.client_id;
    if (page.length < pageSize) return;
  }
}

function readMetadata(file: string): JsonObject {
  let metadata: unknown;
  try {
    metadata = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new CommandFailed(`The metadata cannot be read: ${messageOf(error)}`);
  }
  if (!isJsonObject(metadata)) throw new CommandFailed('The metadata must be a JSON object.');
  return metadata;
}

function noSuchClient(clientId: string): CommandFailed {
  return new CommandFailed(`There is no client ${clientId}.`);
}

function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
