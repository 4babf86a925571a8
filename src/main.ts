import { CommandFailed } from './cli/command.ts';

/** The commands, each loaded only when it is asked for. */
const commands = {
  serve: async (args: readonly string[]) => (await import('./cli/serve.ts')).serve(args),
  dev: async (args: readonly string[]) => (await import('./cli/dev.ts')).dev(args),
  check: async (args: readonly string[]) => (await import('./cli/check.ts')).check(args),
  client: async (args: readonly string[]) => (await import('./cli/client.ts')).client(args),
  keys: async (args: readonly string[]) => (await import('./cli/keys.ts')).keys(args),
  purge: async (args: readonly string[]) => (await import('./cli/purge.ts')).purge(args),
} as const;

const usage = `Usage: tessera <command> [options]

  serve  --config FILE|DIR    run the server
  dev    [--port N]           run everything for a first look: demo user, demo client, login page, playground
  check  --config FILE|DIR    print the effective configuration and every problem with it
  client add|list|show|rm     manage client registrations
  keys   list|rotate|revoke   look at the server's keys, renew them, take one out of use
  purge  --config FILE|DIR    remove expired entries from the storage

Every command takes -Dname=value for any configuration property. tessera <command> --help says more.`;

const [name = '', ...args] = process.argv.slice(2);
if (!isCommand(name)) {
  const asked = name === '' || name === '--help' || name === 'help' || name === '-h';
  (asked ? console.log : console.error)(asked ? usage : `There is no command ${name}.\n\n${usage}`);
  process.exitCode = asked ? 0 : 64;
} else {
  try {
    await commands[name](args);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    (error.exitCode === 0 ? console.log : console.error)(error.message);
    process.exitCode = error.exitCode;
  }
}

function isCommand(text: string): text is keyof typeof commands {
  return Object.hasOwn(commands, text);
}
