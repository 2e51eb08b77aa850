import type { AuthView, TokenAsk } from '../../kind.ts'

/** Schema of `params`: further parameters of a token request. */
export const PARAMS = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'Further parameters of the token request; the values are templates.',
} as const

/** A form POST to the token endpoint (RFC 6749 §4.4.2, §6). Undefined parameters are left out. */
export function formAsk(
  view: AuthView,
  request: {
    readonly token_url: string
    readonly headers: { readonly [name: string]: string }
    readonly params: { readonly [name: string]: string | undefined }
    readonly extra: { readonly [name: string]: unknown } | undefined
    readonly repeatable: boolean
  },
): TokenAsk {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(request.params)) if (value !== undefined) form.set(name, value)
  for (const [name, value] of Object.entries(request.extra ?? {})) form.set(name, view.render(String(value)))
  return {
    method: 'POST',
    url: view.render(request.token_url),
    headers: { accept: 'application/json', ...request.headers },
    body: { type: 'application/x-www-form-urlencoded', text: form.toString() },
    repeatable: request.repeatable,
  }
}

export const rendered = (view: AuthView, text: string | undefined): string | undefined =>
  text === undefined ? undefined : view.render(text)
