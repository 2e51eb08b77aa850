/** One process that signs in: opens the folder's vault, asks for a token, uses it, renews it when the target refuses it. */
import { openSealer } from '../../runtime/control/sealer.ts'
import { openVaultFile } from '../../runtime/control/vault-file.ts'
import { openTokens, type TokensOptions } from '../../runtime/http/token.ts'
import type { Token } from '../../runtime/kinds/kind.ts'
import { keySource } from '../../runtime/vault/key-source.ts'

export function openWorker(dir: string, url: string, key: string, lease_ms: number, origin = url, now: () => number = Date.now) {
  const file = openVaultFile(dir, now, lease_ms)
  const sealer = openSealer('local', file.keys, keySource('env:KEY', key), now)
  const tokens = openTokens({
    kind: 'oauth2_refresh',
    options: { kind: 'oauth2_refresh', token_url: `${url}/token`, client_id: 'c', refresh_token: 'refresh-0', rotates: true },
    view: async () => ({ base_url: url, render: (text) => text, setting: () => null, kept: {}, now_ms: now() }),
    fetchToken: async (ask): ReturnType<TokensOptions['fetchToken']> => {
      try {
        const answer = await fetch(ask.url, { method: ask.method, headers: ask.headers, body: ask.body?.text ?? null })
        return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.json() }
      } catch {
        return { lost: 'connection cut', code: 'http/lost' }
      }
    },
    kept: file.kept('acme', origin, sealer),
    now,
  })
  /** One call to the target, renewed after a 401, as the room of requests does it. */
  const call = async (): Promise<string> => {
    let token = await tokens.get()
    for (let renewed = 0; ; ) {
      if (token === null) return 'none'
      if ('failed' in token) return token.failed
      const { status } = await fetch(`${url}/whoami`, { headers: { authorization: `Bearer ${token.value}` } })
      if (status === 200) return 'ok'
      if (renewed >= 2) return 'refused'
      token = await tokens.renew(token as Token)
      renewed += token !== null && 'shared' in token ? 1 : 2
    }
  }
  return { file, tokens, call, close: () => file.close() }
}

if (process.argv[1]?.endsWith('worker.ts') === true) {
  const [, , dir = '', url = '', key = '', lease_ms = '1000', rounds = '1'] = process.argv
  const worker = openWorker(dir, url, key, Number(lease_ms))
  process.stdout.write('ready\n')
  const said: { [what: string]: number } = {}
  for (let round = 0; round < Number(rounds); round++)
    for (const what of await Promise.all(Array.from({ length: 5 }, worker.call))) said[what] = (said[what] ?? 0) + 1
  process.stdout.write(`${JSON.stringify(said)}\n`)
  worker.close()
}
