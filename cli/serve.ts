import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isNetwork } from '../runtime/api/client-address.ts'
import { Failure } from '../runtime/errors.ts'
import { DURATION, seconds } from '../runtime/kinds/duration.ts'
import { COMMON, type CommandSpec, STORE, whole } from './args.ts'
import { command } from './command.ts'
import { storeDir } from './compose.ts'
import { builtIn, findConnector, readBytes } from './connector-file.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, safe } from './text.ts'

const spec = {
  name: 'serve',
  about:
    'Serves the control API under /v1, its description at /openapi.json and a reference at /docs, until it is stopped.\nThe folder holds control/ and a store a tenant under tenants/; `rollcall tokens create` makes the first token.',
  words: '',
  takes: [0, 0],
  flags: {
    port: { type: 'string', value: 'N', about: 'default 8080; 0: any that is free' },
    host: { type: 'string', value: 'ADDRESS', about: 'default 127.0.0.1; TLS is a proxy in front' },
    'public-url': {
      type: 'string',
      value: 'URL',
      about: 'where browsers reach it: for login and cookies (default http://HOST:PORT)',
    },
    key: {
      type: 'string',
      value: 'REF',
      about: 'key that protects stored secrets, env:VARIABLE or file:PATH (32 bytes in base64) or transit:URL',
    },
    'old-key': {
      type: 'string',
      multiple: true,
      value: 'REF',
      about: 'a key that protected them before, while it is replaced (`rollcall rotate`)',
    },
    'per-minute': { type: 'string', value: 'N', about: 'requests of one credential a minute (default 600)' },
    watch: {
      type: 'string',
      value: 'SPAN',
      about:
        'how often the feeds of every connection are asked, such as 30s or 5m (default 1m; 0: only when somebody asks, or a webhook comes)',
    },
    'trust-proxy': {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      about: 'a proxy, 10.0.0.5 or 10.0.0.0/8, whose X-Forwarded-For names the client (else the address of the socket counts)',
    },
    'allow-private': { type: 'boolean', about: 'connections may go to private networks, over plain http' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall serve --store ./data --port 8080 --key file:./rollcall.key', 'behind a proxy that speaks TLS'],
    ['rollcall serve --store ./data --public-url https://iam.acme.example --key env:ROLLCALL_KEY', 'with login of people'],
  ],
} as const satisfies CommandSpec

/** Of each tenant at least this often; what changes a gate is looked at sooner. */
const SWEEP_MS = 15_000

export const run = command(spec, async ({ flags }, io) => {
  const port = whole('--port', flags.port, 8080, [0, 65_535])
  const per_minute = whole('--per-minute', flags['per-minute'], 600, [1, 1_000_000])
  const watch_ms = spanMs('--watch', flags.watch ?? '1m')
  const host = flags.host ?? '127.0.0.1'
  const [{ serve }, { openApi }, { openHouse }, { openControl }, { signerOf }, { joined, keySourceFrom }] = await Promise.all([
    import('@hono/node-server'),
    import('../runtime/api/app.ts'),
    import('../runtime/api/house.ts'),
    import('../runtime/control/open.ts'),
    import('../runtime/ledger/checkpoint.ts'),
    import('../runtime/vault/key-source.ts'),
  ])
  const proxies = flags['trust-proxy']
  const wrong = proxies.find((one) => !isNetwork(one))
  if (wrong !== undefined)
    throw new Failure('cli/usage', '--trust-proxy', `--trust-proxy takes an address or a network, not ${safe(wrong)}`)
  const dir = storeDir(flags.store, io)
  const keyOf = (reference: string) => keySourceFrom(reference, io.env)
  const key = flags.key === undefined ? null : joined(keyOf(flags.key), flags['old-key'].map(keyOf))
  const control = openControl(dir)
  const stop = Promise.withResolvers<void>()
  const off = io.onStop(stop.resolve)
  const listening = Promise.withResolvers<number>()
  let fetch: (request: Request, env: unknown) => Response | Promise<Response> = () => new Response(null, { status: 503 })
  const server = serve({ fetch: (request, env) => fetch(request, env), port, hostname: host }, ({ port: got }) =>
    listening.resolve(got),
  )
  server.on('error', (error: NodeJS.ErrnoException) =>
    listening.reject(new Failure('cli/listen', '--port', `${safe(host)}:${port} cannot be listened on: ${error.code ?? ''}`)),
  )
  try {
    const public_url = publicUrl(
      flags['public-url'],
      `http://${host.includes(':') ? `[${host}]` : host}:${await listening.promise}`,
    )
    const house = openHouse({
      dir,
      key,
      control,
      public_url,
      now: io.now,
      env: io.env,
      shelf: {
        names: builtIn,
        read: (name) => (builtIn().includes(name) ? readBytes(findConnector(name).path, name) : null),
      },
      allow_private: flags['allow-private'],
      sweep_ms: SWEEP_MS,
      ...(watch_ms === 0 ? {} : { watch_ms }),
      limits: { per_minute, burst: Math.max(20, Math.ceil(per_minute / 5)) },
      tenant_limits: { per_minute: per_minute * 10, burst: Math.max(100, per_minute * 2) },
      strangers: { per_minute: 60, burst: 30 },
      proxies,
      signer: signerOf(new URL(public_url).hostname, ledgerKey(join(dir, 'control'))),
      log: (line) => io.err(`${new Date(io.now()).toISOString()} ${safe(line)}\n`),
    })
    // Sweeps and webhooks go on whether or not anybody asks.
    await house.openAll()
    const app = openApi(house)
    fetch = (request, env) => app.fetch(request, env as never)
    if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'serve', url: public_url, store: dir }))
    else io.err(`listening at ${public_url}; reference at ${public_url}/docs\n`)
    if (key === null) io.err('note: without --key no secret can be taken; make one with `openssl rand -base64 32`\n')
    if (control.tokens(null, '', 1).length === 0 && control.tenants('', 1).length === 0)
      io.err(
        'note: nobody can ask anything yet; `rollcall tokens create --tenant NAME --new-tenant --role admin --for NAME --name TEXT`\n',
      )
    await stop.promise
    io.err('stopping: what is under way stops at its checkpoint\n')
    await house.close()
    return EXIT.fine
  } finally {
    off()
    await new Promise<void>((done) => {
      server.close(() => done())
      if ('closeAllConnections' in server) server.closeAllConnections()
    })
    control.close()
  }
})

function spanMs(flag: string, text: string): number {
  if (text === '0') return 0
  if (!new RegExp(DURATION).test(text)) throw new Failure('cli/usage', flag, `${flag} takes a span such as 30s or 5m, or 0`)
  return seconds(text) * 1000
}

function publicUrl(given: string | undefined, fallback: string): string {
  if (given === undefined) return fallback
  const url = URL.parse(given)
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '' || url.username !== '')
    throw new Failure('cli/usage', '--public-url', '--public-url is an origin such as https://iam.acme.example')
  return url.origin
}

/** Made when it is first needed: it signs checkpoints, and what it signed can be checked without it. */
function ledgerKey(dir: string): string {
  const file = join(dir, 'ledger-key.pem')
  if (!existsSync(file)) {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx', flush: true })
  }
  return readFileSync(file, 'utf8')
}
