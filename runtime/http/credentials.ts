/** What goes with a request so that the target knows us: settings and secrets → auth word → a patch. */
import { Failure } from '../errors.ts'
import { auth } from '../kinds/auth/index.ts'
import type { AuthView, RequestPatch, Token, TokenAsk } from '../kinds/kind.ts'
import { parseTemplate, renderText } from '../kinds/value/template.ts'
import type { Secret } from '../secret.ts'
import type { Connector, FailureCode, Json } from '../types.ts'
import { originOf } from './egress.ts'
import { type Kept, secretsIn } from './kept.ts'
import type { Redact } from './redact.ts'
import { isFailure, openTokens, type TokenAnswer, type TokenFailure } from './token.ts'

export type Credential = { readonly token: Token | null; readonly patch: RequestPatch }
export type Credentials = {
  readonly get: () => Promise<Credential | TokenFailure>
  /** After a 401: what replaces it, or null where nothing could. */
  readonly renew: (bad: Credential) => Promise<Credential | TokenFailure | null>
}
/** By name; a `Failure` is why it is not here. */
type Found = ReadonlyMap<string, string | Failure>
export type Settings = { readonly [name: string]: Json }

export function openCredentials(o: {
  readonly connector: Connector
  readonly settings: Settings
  readonly secrets: (name: string) => Promise<Secret>
  readonly redact: Redact
  readonly fetchToken: (ask: TokenAsk) => Promise<TokenAnswer>
  readonly kept: Kept
  readonly now: () => number
}): Credentials {
  const { connector, redact } = o
  const options = connector.auth
  const word = auth[options.kind]
  const base_url = renderSettings(connector.base_url, o.settings)
  const wanted = secretNames(connector)
  let found: Promise<Found> | null = null
  let reading: Promise<Found> | null = null

  /** Asked for when first needed, then kept for the life of the connection; one that is missing fails only where it is used. */
  async function readSecrets(): Promise<Found> {
    const values = new Map<string, string | Failure>()
    for (const name of wanted) {
      try {
        const value = (await o.secrets(name)).reveal()
        redact.learn(value)
        values.set(name, value)
      } catch (cause) {
        if (!(cause instanceof Failure)) throw cause
        values.set(name, cause)
      }
    }
    return values
  }

  function load(): Promise<Found> {
    found ??= readSecrets().catch((cause: unknown) => {
      found = null
      throw cause
    })
    return found
  }

  /** What is under way goes on with what it has: the old values stand until all new ones are here. */
  async function reload(): Promise<Found> {
    reading ??= readSecrets().finally(() => {
      reading = null
    })
    const values = await reading
    found = Promise.resolve(values)
    return values
  }

  const view = async (): Promise<AuthView> => {
    const values = await load()
    const render = (text: string): string =>
      renderText(parseTemplate(text), (dotted) => {
        const name = dotted.replace(/^settings\./, '')
        const secret = values.get(name)
        if (secret instanceof Failure) throw secret
        return secret ?? (Object.hasOwn(o.settings, name) ? o.settings[name] : undefined)
      })
    return { base_url, render, setting: (name) => o.settings[name] ?? null, kept: {}, now_ms: o.now() }
  }

  const tokens = openTokens({
    kind: options.kind,
    options,
    view,
    fetchToken: o.fetchToken,
    kept: learning(o.kept, redact),
    async replaced() {
      const before = await load()
      const after = await reload()
      return wanted.some((name) => before.get(name) !== after.get(name) && typeof after.get(name) === 'string')
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
      // Another request may have found the new value already.
      const now = await asData(async () => applied(null))
      if (!('failed' in now) && JSON.stringify(now.patch) !== JSON.stringify(bad.patch)) return now
      // A secret may have been rotated since it was read: the operator's new value is worth one try.
      await reload()
      const fresh = await asData(async () => applied(null))
      return !('failed' in fresh) && JSON.stringify(fresh.patch) === JSON.stringify(bad.patch) ? null : fresh
    },
  }
}

/** Whatever is read or kept is masked from then on. */
function learning({ read, keep, alone }: Kept, redact: Redact): Kept {
  const over = (kept: Pick<Kept, 'read' | 'keep'>): Pick<Kept, 'read' | 'keep'> => ({
    async read() {
      const values = await kept.read()
      for (const value of secretsIn(values)) redact.learn(value)
      return values
    },
    async keep(name, value) {
      for (const secret of secretsIn({ [name]: value })) redact.learn(secret)
      await kept.keep(name, value)
    },
  })
  return { ...over({ read, keep }), ...(alone === undefined ? {} : { alone: (work) => alone((kept) => work(over(kept))) }) }
}

/** Fills a declared template with settings only: a secret has no place in a URL's origin. */
export function renderSettings(text: string, settings: Settings): string {
  return renderText(parseTemplate(text), (dotted) => {
    const name = dotted.replace(/^settings\./, '')
    return Object.hasOwn(settings, name) ? settings[name] : undefined
  })
}

/**
 * Every origin that a credential may reach with these settings: `base_url`, declared origins, and where tokens are asked for; the first
 * is that of `base_url`. Null: `base_url` is no address.
 */
export function credentialOrigins(connector: Connector, settings: Settings): readonly string[] | null {
  const first = originOf(renderSettings(connector.base_url, settings))
  if (first === null) return null
  const others = [...connector.origins, ...textsIn(connector.auth)].flatMap((text) => {
    try {
      return originOf(renderSettings(text, settings)) ?? []
    } catch (cause) {
      // It names a secret, or a setting that is not given: no address with these settings.
      if (cause instanceof Failure) return []
      throw cause
    }
  })
  return [first, ...new Set(others.filter((origin) => origin !== first).sort())]
}

const textsIn = (value: Json): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? (Object.values(value) as readonly Json[]).flatMap(textsIn)
      : []

/** The secret settings that `auth` names. */
export const secretNames = (connector: Connector): readonly string[] => secretsNamed(connector, connector.auth)

/** Those that nothing but `webhook` names: what is read does not hang on them. */
export function webhookSecretNames(connector: Connector): readonly string[] {
  const reads = secretNames(connector)
  return secretsNamed(connector, connector.webhook?.verify ?? null).filter((name) => !reads.includes(name))
}

function secretsNamed({ settings }: Connector, where: Json): readonly string[] {
  const text = JSON.stringify(where)
  return Object.entries(settings)
    .filter(([name, setting]) => setting.type === 'secret' && (text.includes(`{${name}}`) || text.includes(`{settings.${name}}`)))
    .map(([name]) => name)
}
