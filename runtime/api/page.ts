/** The reference: one page from the description, without a script and without a request to anywhere. */
import type { Env, Hono } from 'hono'
import { ERRORS } from '../errors.ts'
import type { Description, Operation } from './openapi.ts'
import type { Schema } from './types.ts'

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881 }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 18rem minmax(0, 60rem) }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); box-sizing: border-box; font-size: 13px }
nav ul { list-style: none; padding: 0; margin: 0 0 1rem } main { padding: 1rem 2rem 6rem }
article { border-top: 1px solid var(--line); padding: 1rem 0 } h3 { margin: 0; font: 600 15px ui-monospace, monospace }
table { border-collapse: collapse; width: 100%; font-size: 14px } td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line) }
code, pre { font: 13px ui-monospace, monospace } pre { background: var(--soft); padding: .75rem; overflow: auto } .method { display: inline-block; min-width: 4rem }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto; border: 0 } }`

export function openPages<E extends Env>(app: Hono<E>, description: Description): void {
  const text = JSON.stringify(description)
  const page = referencePage(description)
  app.get('/openapi.json', () => new Response(text, { headers: { 'content-type': 'application/json' } }))
  app.get('/docs', () => new Response(page, { headers: PAGE_HEADERS }))
  app.get('/docs/style.css', () => new Response(STYLE, { headers: { 'content-type': 'text/css; charset=utf-8' } }))
}

/** Its own style, and nothing else from anywhere. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
}

export function referencePage(description: Description): string {
  const all = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const areas = [...Map.groupBy(all, ({ operation }) => operation.tags[0] ?? '')]
  const index = areas
    .map(
      ([area, of]) =>
        `<b>${esc(area)}</b><ul>${of.map(({ operation }) => `<li><a href="#${operation.operationId}">${esc(operation.operationId)}</a></li>`).join('')}</ul>`,
    )
    .join('')
  const body = areas
    .map(
      ([area, of]) =>
        `<section><h2>${esc(area)}</h2>${of.map(({ path, method, operation }) => entry(path, method, operation)).join('')}</section>`,
    )
    .join('')
  const { schemas } = description.components as { readonly schemas: { readonly [name: string]: Schema } }
  const shapes = Object.entries(schemas)
    .map(
      ([name, schema]) =>
        `<article id="schema-${esc(name)}"><h3>${esc(name)}</h3><pre>${esc(JSON.stringify(schema, null, 2))}</pre></article>`,
    )
    .join('')
  const codes = Object.entries(ERRORS)
    .map(
      ([code, { means, http, next }]) =>
        `<tr id="${esc(code)}"><td><code>${esc(code)}</code></td><td>${http}</td><td>${esc(means)}</td><td>${esc(next)}</td></tr>`,
    )
    .join('')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${esc(description.info.title)}</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><nav aria-label="Routes">${index}<b><a href="#problems">problems</a></b></nav><main><h1>${esc(description.info.title)}</h1><p>${esc(description.info.description)}</p><p><a href="/openapi.json">openapi.json</a></p>${body}<section><h2>shapes</h2>${shapes}</section><section id="problems"><h2>problems</h2><table><thead><tr><th>code</th><th>status</th><th>means</th><th>next step</th></tr></thead><tbody>${codes}</tbody></table></section></main></body></html>\n`
}

function entry(path: string, method: string, operation: Operation): string {
  const rows = operation.parameters
    .map(
      (one) =>
        `<tr><td><code>${esc(one.name)}</code></td><td>${one.in}${one.required ? ', required' : ''}</td><td>${esc(one.description ?? '')}</td></tr>`,
    )
    .join('')
  const takes = Object.entries(operation.requestBody?.content ?? {})
    .map(([type, { schema }]) => `<p>Takes <code>${esc(type)}</code></p><pre>${esc(JSON.stringify(schema, null, 2))}</pre>`)
    .join('')
  const gives = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([status, response]) => `<p>Gives ${status}</p><pre>${esc(JSON.stringify(response, null, 2))}</pre>`)
    .join('')
  const problems = operation['x-problems'].map((code) => `<a href="#${esc(code)}"><code>${esc(code)}</code></a>`).join(' ')
  return `<article id="${esc(operation.operationId)}"><h3><span class="method">${method}</span> ${esc(path)}</h3><p>${esc(operation.summary)}</p><p>Roles: ${operation['x-roles'].map(esc).join(', ')}</p>${rows === '' ? '' : `<table><tbody>${rows}</tbody></table>`}${takes}${gives}<p>Problems: ${problems}</p></article>`
}

export const esc = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
