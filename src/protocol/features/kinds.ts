/** Something that is looked up by a name, such as a value of the wire. */
export interface Named {
  readonly name: string;
}

/** A kind of things that features add to the server, such as grant types. A name stands for one thing of a kind. */
export interface Kind<T extends Named> {
  /** What one of them is called in a sentence, e.g. `grant type`. */
  readonly title: string;
  /** Never present: it carries the type of the things. */
  readonly thing?: T;
}

/** Declares a kind. It is the value itself by which the things are found: a new one needs no list. */
export function kind<T extends Named>(title: string): Kind<T> {
  return { title };
}

/** Things of one kind that a feature adds. */
export interface Addition {
  readonly kind: Kind<Named>;
  readonly things: readonly Named[];
}

/** Adds things of a kind. */
export function add<T extends Named>(to: Kind<T>, ...things: readonly T[]): Addition {
  return { kind: to, things };
}

/** Everything that features add, by kind and name, in the order of the features. */
export interface Registry {
  /** The things of a kind by name; the map is one object. */
  of<T extends Named>(kind: Kind<T>): ReadonlyMap<string, T>;
  /** The kinds of which there is something. */
  readonly kinds: readonly Kind<Named>[];
}

/** What one feature adds. */
export interface FeatureAdditions {
  readonly feature: string;
  readonly additions: readonly Addition[];
}

const none: ReadonlyMap<string, Named> = new Map();

/** The registry of what features add. Throws an `Error` that names the features when two things of a kind have the same name. */
export function createRegistry(all: readonly FeatureAdditions[]): Registry {
  const byKind = new Map<Kind<Named>, Map<string, Named>>();
  const claim = createClaims();
  for (const { feature, additions } of all) {
    for (const { kind: of, things } of additions) {
      const known = byKind.get(of) ?? new Map<string, Named>();
      byKind.set(of, known);
      for (const thing of things) {
        claim(`${of.title} ${thing.name}`, feature);
        known.set(thing.name, thing);
      }
    }
  }
  return {
    of<T extends Named>(wanted: Kind<T>) {
      // Only `add` puts things beside a kind, and takes none but those of its type.
      return (byKind.get(wanted) ?? none) as ReadonlyMap<string, T>;
    },
    kinds: [...byKind.keys()],
  };
}

/** Notes that something which can be there only once is of a feature. Throws an `Error` that names both when another has it. */
export function createClaims(): (what: string, feature: string) => void {
  const owners = new Map<string, string>();
  return (what, feature) => {
    const owner = owners.get(what);
    if (owner === feature) throw new Error(`the feature ${feature} adds the ${what} twice`);
    if (owner !== undefined) throw new Error(`the features ${owner} and ${feature} both add the ${what}`);
    owners.set(what, feature);
  };
}
