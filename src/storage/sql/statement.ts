import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import { toColumnText } from './text.ts';

/** What a column of ours can be given. */
export type SqlValue = string | number | null;

/** The arguments of a statement, by name. */
export type Args = Readonly<Record<string, SqlValue>>;

/** The placeholders of a statement while it is being built. */
export type Params<A extends Args> = { readonly [K in keyof A]: RawBuilder<A[K]> };

/** A statement compiled once: its text, and how arguments become its positional parameters. */
export interface Statement<A extends Args, R> {
  /** Unique in the process; the name of the server-side prepared statement. */
  readonly name: string;
  readonly text: string;
  bind(args: A): SqlValue[];
  /** Never present: it carries the row type. */
  readonly row?: R;
}

/** The outcome of a statement: its rows, and how many rows it answered or changed. */
export interface SqlResult<R> {
  readonly rows: readonly R[];
  readonly count: number;
}

interface Placeholder {
  readonly argument: string;
}

/** The argument that carries JSON text; it needs no escaping, and is long. */
const PAYLOAD = 'payload';

/** Compiles a statement whose parameters are named. `build` runs once, here. */
export function prepare<A extends Args, R>(
  name: string,
  build: (p: Params<A>) => { compile(): CompiledQuery<R> },
): Statement<A, R> {
  const compiled = build(placeholders<A>()).compile();
  const order = compiled.parameters.map(toBinding);
  return { name, text: compiled.sql, bind: (args) => order.map((binding) => binding(args)) };
}

/** Placeholders for whatever names are asked for; the type says which these may be. */
function placeholders<A extends Args>(): Params<A> {
  const byName = new Proxy<Record<string, RawBuilder<unknown>>>(
    {},
    { get: (_, argument) => sql`${{ argument: String(argument) } satisfies Placeholder}` },
  );
  return byName as Params<A>;
}

function toBinding(parameter: unknown): (args: Args) => SqlValue {
  if (typeof parameter === 'string' || typeof parameter === 'number' || parameter === null) return () => parameter;
  if (!isPlaceholder(parameter))
    throw new TypeError(`Statement parameter of type ${typeof parameter} is not supported`);
  const { argument } = parameter;
  return (args) => {
    const value = args[argument];
    if (value === undefined) throw new TypeError(`Statement argument ${argument} is missing`);
    return typeof value === 'string' && argument !== PAYLOAD ? toColumnText(value) : value;
  };
}

function isPlaceholder(value: unknown): value is Placeholder {
  return typeof value === 'object' && value !== null && 'argument' in value && typeof value.argument === 'string';
}
