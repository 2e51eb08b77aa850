/**
 * A process of its own, made to be killed: asks for changes and appends to their histories as fast as it can, and says on stdout what
 * the store has acknowledged: the intent, and how many events it has then.
 */
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { answered, facetsOf, intent, look, looked, outcome, sending } from './write-fixture.ts'

const [dir, run] = process.argv.slice(2)
const store = await openStore(dir!)
process.stdout.write('open\n')
for (let i = 0; ; i++) {
  const name = `01JX${run!.padStart(6, '0')}${String(i).padStart(16, '0')}`
  await store.request([intent({ intent: name, key: name, id: name })])
  process.stdout.write(`${name} 1\n`)
  const taken = await store.next('acme', facetsOf)
  if (taken === null) throw new Error('nothing to do')
  const { intent: own, events } = taken
  const todo = [looked(), sending(), answered('lost'), look('after'), outcome('verified')].slice(events.length - 1)
  for (const [no, event] of todo.entries()) {
    await store.append(own.intent, event, { by: 'child', what: event.kind })
    process.stdout.write(`${own.intent} ${events.length + no + 1}\n`)
  }
}
