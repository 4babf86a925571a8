/** The typeface of code and of what goes over the wire, as a value of `font-family`. */
export const MONOSPACE = 'ui-monospace,"Liberation Mono",Menlo,Consolas,monospace';

/** The typeface of everything else. */
export const SANS_SERIF = 'system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif';

/** Colours, light and dark, and what every page has: the beginning of the style sheet of each app. */
export const BASE_STYLES = `
:root{color-scheme:light dark;--bg:#f3f1ec;--card:#fff;--text:#22252a;--muted:#5d636c;--line:#dcd8cf;--field:#85898f;
--accent:#17605a;--strong:#0f4a45;--on-accent:#fff;--soft:#e9f2f0;--bad:#a3261b;--bad-soft:#fcedea}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1d2125;--text:#e8e9e6;--muted:#a3a9ae;--line:#343a40;--field:#757d85;
--accent:#7fcfc2;--strong:#a3e0d6;--on-accent:#0c2421;--soft:#20302f;--bad:#ff9d8f;--bad-soft:#3a2321}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--text);font:1rem/1.5 ${SANS_SERIF}}
a{color:var(--accent);text-underline-offset:.15em}
a:hover{color:var(--strong)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
h1{line-height:1.25;letter-spacing:-.01em;overflow-wrap:anywhere}
p{overflow-wrap:anywhere}
fieldset{border:0;padding:0;min-width:0}
legend{padding:0}
button{font:inherit;font-weight:600;cursor:pointer}
summary{cursor:pointer}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere;min-width:0}
`;
