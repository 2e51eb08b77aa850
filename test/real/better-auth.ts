/** Starts the third-party application of better-auth-server.ts and speaks with it as a person's browser would. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Order } from './better-auth-server.ts'

export type Browser = { readonly cookies: string }
export type Person = { readonly id: string; readonly email: string }

export type BetterAuth = {
  readonly url: string
  readonly admin: { readonly email: string; readonly password: string }
  readonly person: (email: string) => Promise<Person>
  /** Signs in with the person's password; rejects where that is refused. */
  readonly signIn: (person: Person) => Promise<Browser>
  /** Is this browser let in? Asks as the application's own pages do. */
  readonly isIn: (browser: Browser) => Promise<boolean>
  /** A directory provisions the person over SCIM. Gives the id of its record. */
  readonly provision: (source: 'hr' | 'contractors', person: Person) => Promise<string>
  readonly stop: () => Promise<void>
}

const PASSWORD = 'correct horse battery staple'
const TOKENS = { hr: 'a-token-of-the-hr-system', contractors: 'a-token-of-the-contractors-system' } as const
const SCIM_USER = 'urn:ietf:params:scim:schemas:core:2.0:User'

export async function startBetterAuth(cache_s = 0): Promise<BetterAuth> {
  const child: ChildProcess = fork(fileURLToPath(new URL('./better-auth-server.ts', import.meta.url)), {
    env: {
      ...process.env,
      PERSON_PASSWORD: PASSWORD,
      HR_TOKEN: TOKENS.hr,
      CONTRACTORS_TOKEN: TOKENS.contractors,
      CACHE_SECONDS: String(cache_s),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [ready] = (await once(child, 'message')) as [{ port: number }]
  const url = `http://127.0.0.1:${ready.port}`
  const api = (path: string, init: RequestInit) =>
    fetch(`${url}/api/auth${path}`, { ...init, headers: { origin: url, 'content-type': 'application/json', ...init.headers } })
  return {
    url,
    admin: { email: 'root@acme.example', password: PASSWORD },
    async person(email) {
      const answered = once(child, 'message')
      child.send({ kind: 'person', email } satisfies Order)
      const [{ id, because }] = (await answered) as [{ id?: string; because?: string }]
      if (id === undefined) throw new Error(because)
      return { id, email }
    },
    async signIn({ email }) {
      const answer = await api('/sign-in/email', { method: 'POST', body: JSON.stringify({ email, password: PASSWORD }) })
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
      return {
        cookies: answer.headers
          .getSetCookie()
          .map((cookie) => cookie.split(';')[0])
          .join('; '),
      }
    },
    async isIn({ cookies }) {
      const answer = await api('/get-session', { headers: { cookie: cookies } })
      return answer.ok && (await answer.json()) !== null
    },
    async provision(source, { id, email }) {
      const body = {
        schemas: [SCIM_USER],
        userName: email,
        externalId: id,
        displayName: email,
        emails: [{ value: email }],
        active: true,
      }
      const headers = { authorization: `Bearer ${TOKENS[source]}` }
      const answer = await api('/scim/v2/Users', { method: 'POST', headers, body: JSON.stringify(body) })
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
      return ((await answer.json()) as { id: string }).id
    },
    async stop() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}
