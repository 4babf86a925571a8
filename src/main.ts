import { CommandFailed } from './cli/command.ts';

/** A command: loaded only when it is asked for. */
interface Command {
  /** What follows its name in the help. */
  readonly takes: string;
  readonly does: string;
  run(args: readonly string[]): Promise<void>;
}

const commands: Readonly<Record<string, Command>> = {
  serve: {
    takes: '--config FILE|DIR',
    does: 'run the server',
    run: async (args) => (await import('./cli/serve.ts')).serve(args),
  },
  dev: {
    takes: '[--port N]',
    does: 'run everything for a first look: demo user, demo client, login page, playground',
    run: async (args) => (await import('./cli/dev.ts')).dev(args),
  },
  check: {
    takes: '--config FILE|DIR',
    does: 'print the effective configuration and every problem with it',
    run: async (args) => (await import('./cli/check.ts')).check(args),
  },
  client: {
    takes: 'add|list|show|rm',
    does: 'manage client registrations',
    run: async (args) => (await import('./cli/client.ts')).client(args),
  },
  keys: {
    takes: 'list|rotate|revoke',
    does: "look at the server's keys, renew them, take one out of use",
    run: async (args) => (await import('./cli/keys.ts')).keys(args),
  },
  migrate: {
    takes: '--config FILE|DIR',
    does: 'make the tables of the storage, or bring them up to date',
    run: async (args) => (await import('./cli/migrate.ts')).migrate(args),
  },
  purge: {
    takes: '--config FILE|DIR',
    does: 'remove expired entries from the storage',
    run: async (args) => (await import('./cli/purge.ts')).purge(args),
  },
};

const usage = `Usage: tessera <command> [options]

${Object.entries(commands)
  .map(([name, { takes, does }]) => `  ${`${name.padEnd(7)} ${takes}`.padEnd(27)}  ${does}`)
  .join('\n')}

Every command takes -Dname=value for any configuration property. tessera <command> --help says more, tessera --version which one it is.`;

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (name === '--version' || name === '-v') console.log((await import('./version.ts')).version);
else if (!command) {
  const asked = name === '' || name === '--help' || name === 'help' || name === '-h';
  (asked ? console.log : console.error)(asked ? usage : `There is no command ${name}.\n\n${usage}`);
  process.exitCode = asked ? 0 : 64;
} else {
  try {
    await command.run(args);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    (error.exitCode === 0 ? console.log : console.error)(error.message);
    process.exitCode = error.exitCode;
  }
}
