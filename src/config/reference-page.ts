import { defaultText, type PropertyGroups } from './load-settings.ts';
import type { Property } from './property.ts';

const preamble = `# Configuration reference

<!-- Generated from the declarations in the source by \`npm run docs\`. Do not edit. -->

Sources in rising order: the defaults below, properties or JSON files, the file or URL that \`systemPropertiesURL\` names,
environment variables (\`op.issuer\` is \`OP_ISSUER\` or \`C2ID_OP_ISSUER\`), the command line (\`-Dop.issuer=...\` or
\`--set op.issuer=...\`). Values are trimmed, and a blank one is as good as absent unless stated otherwise. The type *multi*
stands for the property itself and any number of further ones with a label: \`name\`, \`name.1\`, \`name.rollover\`.
`;

/**
 * The reference page of all declared properties as Markdown: one section per group, in the order of the groups, with the
 * title given for the group's member name (else the name itself).
 */
export function renderReferencePage(groups: PropertyGroups, titles: Readonly<Record<string, string>> = {}): string {
  const sections = Object.entries(groups)
    .filter(([, group]) => Object.keys(group).length > 0)
    .map(([name, group]) => {
      const rows = Object.values(group).map(row);
      return `## ${titles[name] ?? name}\n\n| Property | Type | Default | Meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
    });
  return [preamble, ...sections].join('\n');
}

function row(property: Property<unknown>): string {
  const name = property.multi ? `${code(property.name)}, ${code(`${property.name}.<label>`)}` : code(property.name);
  const allowed = property.allowed ? ` Allowed: ${property.allowed.map(code).join(', ')}.` : '';
  const aliases = property.aliases.length > 0 ? ` Also accepted as ${property.aliases.map(code).join(', ')}.` : '';
  const secret = property.secret ? ' Secret: never logged.' : '';
  const blank = property.blankCounts ? ' A blank value counts.' : '';
  const unset = property.defaultText === undefined && property.defaultValue === undefined;
  const meaning = cell(property.description) + allowed + aliases + blank + secret;
  return `| ${name} | ${cell(property.type)} | ${unset ? '-' : code(defaultText(property))} | ${meaning} |`;
}

/** Inline code; a vertical bar would end the cell even there. */
function code(text: string): string {
  const escaped = text.replaceAll('|', '\\|');
  return escaped.includes('`') ? `\`\` ${escaped} \`\`` : `\`${escaped}\``;
}

/** Free text in a table cell: no line breaks, bars or HTML. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
