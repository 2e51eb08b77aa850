/** A process that works the outbox off, to be killed: `node sender.ts STORE SECRET`. */
import { Secret } from '../../runtime/secret.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { openPost } from '../../runtime/webhook-out/post.ts'

const [dir = '', secret = ''] = process.argv.slice(2)
const store = await openStore(dir)
const post = openPost({
  store,
  secret: async () => new Secret(secret),
  send: async (url, headers, body, signal) => {
    const { status } = await fetch(url, { method: 'POST', headers, body, signal })
    return { status, retry_after_s: null }
  },
  now: Date.now,
  dice: () => 0.5,
  log: () => undefined,
})
post.wake()
process.on(
  'SIGTERM',
  () =>
    void post
      .close()
      .then(() => store.close())
      .then(() => process.exit(0)),
)
setInterval(() => post.wake(), 100)
