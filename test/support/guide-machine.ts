import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresServer } from './postgres.ts';

/** A stand-in for a machine that one administers: its directories and the commands that act on the system. */
export interface GuideMachine {
  /** Directory of commands, to come first in the `PATH`. */
  readonly bin: string;
  /** Directory of what the services have to say. */
  readonly logs: string;
  /** Texts of a guide and what stands for them. */
  readonly replace: Readonly<Record<string, string>>;
}

/**
 * Makes a machine below `directory`, on which the commands of a deployment guide are real but private: `sudo` runs as ourselves (as
 * `postgres`: at the private PostgreSQL), `nginx` has a configuration of its own, and `systemctl` starts and stops what the
 * unit files say.
 *
 * @param ports of nginx: TLS and plain
 */
export function createGuideMachine(options: {
  readonly directory: string;
  readonly postgres: PostgresServer;
  readonly ports: { readonly tls: string; readonly plain: string };
}): GuideMachine {
  const { directory, postgres, ports } = options;
  const bin = join(directory, 'bin');
  const etc = join(directory, 'etc');
  const log = join(directory, 'log');
  const units = join(etc, 'systemd');
  for (const path of [bin, log, units, join(etc, 'nginx/conf.d'), join(etc, 'tessera'), join(directory, 'run')]) {
    mkdirSync(path, { recursive: true });
  }
  const command = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/bash\n${script}`);
    chmodSync(join(bin, name), 0o755);
  };
  command('sudo', sudo(postgres));
  command('systemctl', systemctl({ units, run: join(directory, 'run'), log }));
  command('nginx', nginx(directory));
  writeFileSync(join(etc, 'nginx/nginx.conf'), nginxConfiguration(directory));
  return {
    bin,
    logs: log,
    replace: {
      '/etc/nginx': join(etc, 'nginx'),
      '/etc/tessera': join(etc, 'tessera'),
      '/etc/systemd/system': units,
      '/var/log/nginx': log,
      'https://id.example.com': `https://localhost:${ports.tls}`,
      'http://id.example.com': `http://localhost:${ports.tls}`,
      'id.example.com': 'localhost',
      // The private PostgreSQL has this role already, for its owner.
      'create role tessera ': 'alter role tessera ',
      'listen 443': `listen ${ports.tls}`,
      '127.0.0.1:8080': `127.0.0.1:${ports.plain}`,
      '127.0.0.1:5432': `127.0.0.1:${postgres.port}`,
    },
  };
}

function sudo({ port }: PostgresServer): string {
  return `
if [ "$1" = -u ]; then
  export PGHOST=127.0.0.1 PGPORT=${port} PGUSER=tessera
  [ "$3" = psql ] && set -- "$@" --dbname postgres
  shift 2
fi
exec "$@"
`;
}

/** Knows enable --now, start, stop and daemon-reload, and of a unit: ExecStart, WorkingDirectory and EnvironmentFile. */
function systemctl({
  units,
  run,
  log,
}: {
  readonly units: string;
  readonly run: string;
  readonly log: string;
}): string {
  return `
value() { sed -n "s|^$1=||p" "$unit" | sed "s|%i|$instance|g"; }
verb=$1; name="\${@: -1}"
case $verb in
  daemon-reload) exit 0 ;;
  enable|start)
    instance="\${name#*@}"; unit="${units}/\${name/@*/@}.service"
    [ -f "$unit" ] || { echo "no unit $unit" >&2; exit 1; }
    cd "$(value WorkingDirectory)" || exit 1
    env="$(value EnvironmentFile)"
    if [ -n "$env" ]; then set -a; . "$env"; set +a; fi
    $(value ExecStart) >> "${log}/$name.log" 2>&1 &
    echo $! > "${run}/$name.pid" ;;
  stop)
    pid=$(cat "${run}/$name.pid"); kill "$pid"
    for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || exit 0; sleep 0.1; done
    echo "$name does not end" >&2; exit 1 ;;
  *) echo "systemctl $verb is not known here" >&2; exit 1 ;;
esac
`;
}

/** The first reload starts it. */
function nginx(directory: string): string {
  return `
run="$(PATH=/usr/sbin:/usr/bin:/bin command -v nginx) -p ${directory} -e ${directory}/log/nginx.log -c ${directory}/etc/nginx/nginx.conf"
if [ "$1" = -s ] && [ ! -s ${directory}/run/nginx.pid ]; then $run & exit 0; fi
exec $run "$@"
`;
}

function nginxConfiguration(directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${directory}/run/${kind};`)
    .join('\n');
  return `pid ${directory}/run/nginx.pid;
daemon off;
worker_processes 1;
events {}
http {
${temporary}
  include ${directory}/etc/nginx/conf.d/*.conf;
}
`;
}
