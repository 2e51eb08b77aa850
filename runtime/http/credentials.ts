/** What goes with a request so that the target knows us: settings and secrets → auth word → a patch. */
import { Failure } from '../errors.ts'
import { auth } from '../kinds/auth/index.ts'
import type { AuthView, RequestPatch, Token, TokenAsk } from '../kinds/kind.ts'
import { parseTemplate, renderText } from '../kinds/value/template.ts'
import type { Secret } from '../secret.ts'
import type { Connector, FailureCode, Json } from '../types.ts'
import type { Redact } from './redact.ts'
import { isFailure, openTokens, type TokenAnswer, type TokenFailure } from './token.ts'

export type Credential = { readonly token: Token | null; readonly patch: RequestPatch }
export type Credentials = {
  readonly get: () => Promise<Credential | TokenFailure>
  /** After a 401: what replaces it, or null where nothing could. */
  readonly renew: (bad: Credential) => Promise<Credential | TokenFailure | null>
}
export type Settings = { readonly [name: string]: Json }

export function openCredentials(o: {
  readonly connector: Connector
  readonly settings: Settings
  readonly secrets: (name: string) => Promise<Secret>
  readonly redact: Redact
  readonly fetchToken: (ask: TokenAsk) => Promise<TokenAnswer>
  readonly kept: { read(): Promise<{ readonly [name: string]: string }>; keep(name: string, value: string): Promise<void> }
  readonly now: () => number
}): Credentials {
  const { connector, redact } = o
  const options = connector.auth
  const word = auth[options.kind]
  const base_url = renderSettings(connector.base_url, o.settings)
  const found = new Map<string, string | Failure>()
  const wanted = secretNames(connector)

  /** Asked for when first needed, then kept for the life of the connection; one that is missing fails only where it is used. */
  async function load(): Promise<void> {
    for (const name of wanted) {
      if (found.has(name)) continue
      try {
        const value = (await o.secrets(name)).reveal()
        redact.learn(value)
        found.set(name, value)
      } catch (cause) {
        if (cause instanceof Failure) found.set(name, cause)
        else throw cause
      }
    }
  }

  function render(text: string): string {
    return renderText(parseTemplate(text), (dotted) => {
      const name = dotted.replace(/^settings\./, '')
      const secret = found.get(name)
      if (secret instanceof Failure) throw secret
      return secret ?? (Object.hasOwn(o.settings, name) ? o.settings[name] : undefined)
    })
  }

  const view = async (): Promise<AuthView> => {
    await load()
    return { base_url, render, setting: (name) => o.settings[name] ?? null, kept: {}, now_ms: o.now() }
  }

  const tokens = openTokens({
    kind: options.kind,
    options,
    view,
    fetchToken: o.fetchToken,
    kept: {
      async read() {
        const kept = await o.kept.read()
        for (const value of Object.values(kept)) redact.learn(value)
        return kept
      },
      async keep(name, value) {
        redact.learn(value)
        await o.kept.keep(name, value)
      },
    },
    now: o.now,
  })

  async function applied(token: Token | null | TokenFailure): Promise<Credential | TokenFailure> {
    if (isFailure(token)) return token
    if (word === undefined) return { failed: 'auth/unknown', because: `there is no auth word \`${options.kind}\`` }
    if (token !== null) redact.learn(token.value)
    return { token, patch: word.apply(options, await view(), token) }
  }

  const asData = async (what: () => Promise<Credential | TokenFailure>): Promise<Credential | TokenFailure> => {
    try {
      return await what()
    } catch (cause) {
      if (cause instanceof Failure) return { failed: cause.code as FailureCode, because: cause.message }
      throw cause
    }
  }

  return {
    get: () => asData(async () => applied(await tokens.get())),
    async renew(bad) {
      if (bad.token !== null) return await asData(async () => applied(await tokens.renew(bad.token)))
      // A secret may have been rotated since it was read: the operator's new value is worth one try.
      found.clear()
      const fresh = await asData(async () => applied(null))
      return !('failed' in fresh) && JSON.stringify(fresh.patch) === JSON.stringify(bad.patch) ? null : fresh
    },
  }
}

/** Fills a declared template with settings only: a secret has no place in a URL's origin. */
export function renderSettings(text: string, settings: Settings): string {
  return renderText(parseTemplate(text), (dotted) => {
    const name = dotted.replace(/^settings\./, '')
    return Object.hasOwn(settings, name) ? settings[name] : undefined
  })
}

/** The secret settings that `auth` names. */
function secretNames(connector: Connector): readonly string[] {
  const text = JSON.stringify(connector.auth)
  return Object.entries(connector.settings)
    .filter(([name, setting]) => setting.type === 'secret' && (text.includes(`{${name}}`) || text.includes(`{settings.${name}}`)))
    .map(([name]) => name)
}
