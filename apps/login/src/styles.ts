import { BASE_STYLES, MONOSPACE } from '../../kit/src/styles.ts';

/** The style sheet of all pages. */
export const STYLES = `${BASE_STYLES}
:root{--shadow:0 1px 2px rgba(34,30,20,.06),0 12px 32px rgba(34,30,20,.08)}
@media (prefers-color-scheme:dark){:root{--shadow:0 12px 32px rgba(0,0,0,.35)}}
body{min-height:100vh;display:flex;flex-direction:column;align-items:center;padding:min(9vh,5rem) 1rem 2.5rem}
header.brand{display:flex;align-items:center;gap:.55rem;margin-bottom:1.25rem;color:var(--muted);font-weight:600;letter-spacing:.02em}
header.brand svg{width:1.6rem;height:1.6rem;color:var(--accent)}
main{width:100%;max-width:27rem;background:var(--card);border:1px solid var(--line);border-radius:1rem;box-shadow:var(--shadow);padding:2rem}
main.wide{max-width:33rem}
main>:last-child{margin-bottom:0}
h1+.banner{margin-top:1.1rem}
h1{font-size:1.5rem;margin:0 0 .5rem;font-weight:650}
p{margin:0 0 1rem}
.lead,.hint,small{color:var(--muted)}
.hint,small{font-size:.875rem}
.lead{margin-bottom:1.5rem}
.logo{display:block;max-width:8rem;max-height:4rem;width:auto;height:auto;margin:0 0 1.25rem;border-radius:.5rem}
.field{margin-bottom:1.1rem}
label.name{display:block;font-weight:600;margin-bottom:.35rem;font-size:.9375rem}
input[type=text],input[type=password]{width:100%;font:inherit;color:inherit;background:var(--card);border:1px solid var(--field);border-radius:.6rem;padding:.7rem .85rem;min-height:3rem}
input[aria-invalid=true]{border-color:var(--bad)}
input[type=checkbox]{width:1.15rem;height:1.15rem;margin:.18rem 0 0;flex:none;accent-color:var(--accent)}
button{width:100%;min-height:3rem;padding:.65rem 1rem;border-radius:.6rem;border:1px solid transparent}
a.button{display:block;min-height:3rem;padding:.65rem 1rem;border:1px solid var(--field);border-radius:.6rem;color:var(--text);font-weight:600;text-align:center;text-decoration:none;overflow-wrap:anywhere}
a.button:hover{background:var(--soft)}
button.primary{background:var(--accent);color:var(--on-accent)}
button.primary:hover{background:var(--strong)}
button.secondary{background:transparent;color:var(--text);border-color:var(--field)}
button.secondary:hover{background:var(--soft)}
button.link{width:auto;min-height:2.5rem;padding:.25rem .1rem;background:none;border:0;color:var(--accent);text-decoration:underline;text-underline-offset:.15em}
form+form{margin-top:.75rem}
.client-links{margin:1.5rem 0 0;padding-top:1rem;border-top:1px solid var(--line)}
.destination{margin-bottom:.75rem}
.remember{margin-bottom:1rem;border-top:1px solid var(--line);padding-top:1rem}
.notice{border-radius:.6rem;padding:.75rem .9rem;margin:0 0 1.25rem;background:var(--soft);font-size:.9375rem}
.notice.bad{background:var(--bad-soft);color:var(--bad);font-weight:600}
.banner{background:var(--soft);border-radius:.75rem;padding:.75rem .9rem;margin:0 0 1.5rem;font-size:.9375rem}
.banner .who{display:flex;gap:.75rem;align-items:center;margin:0}
.banner .who>span:last-child{min-width:0;overflow-wrap:anywhere}
.banner .choices{display:flex;flex-wrap:wrap;gap:0 1.1rem;padding-left:3.25rem}
.banner .choices form{margin:0}
.avatar{flex:none;width:2.5rem;height:2.5rem;border-radius:50%;background:var(--accent);color:var(--on-accent);display:flex;align-items:center;justify-content:center;font-weight:650}
.accounts{list-style:none;margin:0 0 1rem;padding:0;display:grid;gap:.6rem}
.accounts button{display:flex;align-items:center;gap:.85rem;text-align:left;font-weight:400;background:transparent;color:inherit;border-color:var(--line);padding:.7rem .85rem}
.accounts button:hover{background:var(--soft);border-color:var(--accent)}
.accounts strong,.accounts small{display:block;overflow-wrap:anywhere}
.or{display:flex;align-items:center;gap:.75rem;color:var(--muted);font-size:.875rem;margin:1.5rem 0 1.1rem}
.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
fieldset{margin:0 0 1.25rem}
legend{font-weight:650;margin-bottom:.5rem}
.option{display:flex;gap:.75rem;align-items:flex-start;padding:.55rem 0;cursor:pointer}
.option>span{min-width:0;overflow-wrap:anywhere}
.option small{display:block}
.group{border-top:1px solid var(--line);padding:.3rem 0}
details{margin:0 0 .4rem 1.9rem}
summary{color:var(--accent);font-size:.875rem;padding:.3rem 0}
details.agreed{margin-left:0;margin-bottom:.75rem}
.resource{overflow-wrap:anywhere;font-weight:600}
details .option{padding:.35rem 0;font-size:.9375rem}
.tag{display:inline-block;font-size:.75rem;font-weight:600;border:1px solid var(--line);border-radius:1rem;padding:0 .5rem;margin-left:.35rem;color:var(--muted)}
.value{color:var(--muted);font-size:.875rem}
ul.plain{margin:0 0 1rem;padding-left:1.2rem}
.facts{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:1.25rem 0;padding:.9rem 1rem;background:var(--soft);border-radius:.6rem;font-size:.9375rem}
code{font:.9em ${MONOSPACE}}
.visually-hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip:rect(0 0 0 0);white-space:nowrap}
body.popup{padding:0;background:var(--card)}
body.popup header.brand{margin:1.25rem 0 0}
body.popup main{border:0;box-shadow:none;padding:1.25rem 1.25rem 1.5rem}
@media (max-width:30rem){body{padding:1.25rem .75rem}main{padding:1.5rem 1.15rem}}
@media (forced-colors:active){.avatar{border:1px solid}}
`;
