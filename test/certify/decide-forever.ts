/** Decides one record after the other and says each that is acknowledged, until it is killed. */
import { decide } from '../../runtime/govern/certify/decide.ts'
import { certifyStage, keep, who } from './stage.ts'

const [dir = '', certification = '', from = '0'] = process.argv.slice(2)
const stage = await certifyStage(dir, false)
for (let i = Number(from); ; i++) {
  await decide(stage, certification, [{ ...keep(`u${i % 50}`), why: `word ${i}` }], who('Lee'))
  process.stdout.write(`${i}\n`)
}
