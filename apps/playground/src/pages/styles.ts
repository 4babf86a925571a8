import { BASE_STYLES, MONOSPACE, SANS_SERIF } from '../../../kit/src/styles.ts';

/** The style sheet of all pages. */
export const STYLES = `${BASE_STYLES}
:root{--code:#f7f6f2}
@media (prefers-color-scheme:dark){:root{--code:#16191d}}
.top,main{max-width:64rem;margin:0 auto;padding:0 1.25rem}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:.15rem .75rem;padding-top:1.5rem;padding-bottom:1.25rem}
.top a{display:inline-flex;align-items:center;gap:.55rem;font-weight:650;color:var(--text);text-decoration:none}
.top .sub{color:var(--muted);font-size:.9rem}
.top svg{width:1.5rem;height:1.5rem;color:var(--accent)}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem;z-index:1}
main{padding-bottom:4rem}
h1{font-size:1.65rem;margin:0 0 .4rem}
h2{font-size:1.15rem;line-height:1.3;margin:0 0 .75rem}
h3{font-size:.95rem;margin:1.25rem 0 .4rem}
p{margin:0 0 .85rem}
.lead{color:var(--muted);margin-bottom:1.25rem;max-width:46rem}
.hint{color:var(--muted);font-size:.875rem;font-weight:400}
.card{background:var(--card);border:1px solid var(--line);border-radius:.85rem;padding:1.35rem 1.5rem;margin:0 0 1.1rem;min-width:0}
.card>:last-child{margin-bottom:0}
.grid{display:grid;grid-template-columns:1fr 1fr;gap:0 1.75rem}
.grid>*{min-width:0}
.wide{grid-column:1/-1}
.field{margin:0 0 1rem}
.field label,legend{display:block;font-weight:600;font-size:.9375rem;margin-bottom:.3rem}
fieldset{margin:0 0 1rem}
input[type=text],select,textarea{width:100%;font:inherit;color:inherit;background:var(--card);border:1px solid var(--field);border-radius:.5rem;padding:.5rem .7rem;min-height:2.75rem}
textarea{font:.875rem/1.5 ${MONOSPACE};resize:vertical}
[aria-invalid=true]{border-color:var(--bad)!important}
.problem{color:var(--bad);font-size:.875rem;font-weight:600;margin:.3rem 0 0}
.checks{display:flex;flex-wrap:wrap;gap:.5rem}
.check{display:inline-flex;align-items:center;gap:.5rem;padding:.45rem .75rem;min-height:2.75rem;border:1px solid var(--line);border-radius:.5rem;cursor:pointer;font:.9rem ${MONOSPACE}}
.check:has(:checked){background:var(--soft);border-color:var(--accent)}
.check input{width:1.05rem;height:1.05rem;margin:0;accent-color:var(--accent)}
button,.button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1rem;border-radius:.5rem;border:1px solid var(--field);background:var(--card);color:var(--text);cursor:pointer;text-decoration:none;display:inline-flex;align-items:center;justify-content:center}
button:hover,.button:hover{background:var(--soft);border-color:var(--accent);color:var(--text)}
button:disabled{color:var(--muted);border-color:var(--line);background:none;cursor:not-allowed}
.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.primary:hover{background:var(--strong);border-color:var(--strong);color:var(--on-accent)}
.actions{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center}
.actions form{margin:0}
.actions.first{margin-bottom:1.4rem;padding-bottom:1.3rem;border-bottom:1px solid var(--line)}
h1+.notice{margin-top:1rem}
h2.section{margin:1.75rem 0 .9rem}
.notice{border-radius:.6rem;padding:.85rem 1rem;margin:0 0 1.1rem;background:var(--soft);border:1px solid var(--line);border-left:4px solid var(--accent)}
.notice>:last-child{margin-bottom:0}
.notice p{margin-bottom:.3rem}
.notice.bad{background:var(--bad-soft);border-left-color:var(--bad)}
.notice.bad h2,.notice.bad .code{color:var(--bad)}
.notice h2{margin-bottom:.35rem;font-size:1.05rem}
code,pre,.mono{font:.875rem/1.55 ${MONOSPACE}}
code{overflow-wrap:anywhere}
pre{margin:0 0 .75rem;padding:.75rem .9rem;background:var(--code);border:1px solid var(--line);border-radius:.5rem;white-space:pre-wrap;overflow-wrap:anywhere;max-height:32rem;overflow:auto}
dl{display:grid;grid-template-columns:minmax(8rem,auto) minmax(0,1fr);gap:.3rem 1.25rem;margin:0 0 .85rem;font-size:.9375rem}
dl.wire{border:1px solid var(--line);border-radius:.5rem;background:var(--code);padding:.6rem .9rem;grid-template-columns:minmax(9rem,auto) minmax(0,1fr)}
dl.wire dt{font:.875rem/1.55 ${MONOSPACE}}
dl.wire dd{font:.875rem/1.55 ${MONOSPACE}}
dl.wire dd .hint{display:block;font:.8rem/1.4 ${SANS_SERIF}}
.line{display:flex;gap:.6rem;align-items:baseline;margin:0 0 .6rem;flex-wrap:wrap}
.method,.status{font:600 .8rem ${MONOSPACE};border-radius:.3rem;padding:.12rem .45rem;background:var(--soft);color:var(--accent)}
.status.bad{background:var(--bad-soft);color:var(--bad)}
.exchange{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 1.5rem}
.exchange+.exchange{border-top:1px solid var(--line);padding-top:1rem;margin-top:1rem}
.exchange h3{margin-top:0;color:var(--muted);font-weight:600}
details{margin:0 0 .75rem}
details.card>summary{font-weight:650}
details.card[open]>summary{margin-bottom:1rem}
summary{padding:.2rem 0}
details:not(.card)>summary{color:var(--accent);font-size:.9rem}
.split{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 1.1rem;align-items:start}
@media (max-width:52rem){.split,.exchange,.grid{grid-template-columns:minmax(0,1fr)}}
@media (max-width:30rem){.top,main{padding-left:.85rem;padding-right:.85rem}.card{padding:1.1rem 1rem}
dl,dl.wire{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:.5rem}.actions form,.actions button,.actions .button{flex:1 1 auto}.actions form button{width:100%}}
@media (forced-colors:active){.method,.status,.check{border:1px solid}}
`;
