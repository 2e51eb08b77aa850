import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(`${ROOT}README.md`, 'utf8')

describe('the README', () => {
  test('shows what `rollcall validate` says', () => {
    const [command, ...shown] = blockAfter('<!-- run: npm run -s rollcall -- validate')
    const [, ...args] = (command as string).slice(2).split(' ')
    const run = spawnSync(process.execPath, ['cli/main.ts', ...args], { cwd: ROOT, encoding: 'utf8' })
    expect(run.status).toBe(1)
    expect(`${run.stdout}${run.stderr}`.trimEnd().split('\n')).toEqual(shown)
  })

  test.concurrent.each([
    ['<!-- demo -->', 'demo.ts'],
    ['<!-- demo:changes -->', 'changes.ts'],
    ['<!-- demo:certify -->', 'certify.ts'],
  ])('%s shows what %s prints, line by line, and it goes as it says', { timeout: 300_000 }, async (mark, script) => {
    const printed = (await played(script)).split('\n').map(masked)
    let from = 0
    for (const line of blockAfter(mark).map(masked)) {
      const at = printed.indexOf(line, from)
      expect(at, `not printed, or not there: ${line}`).toBeGreaterThanOrEqual(0)
      from = at + 1
    }
  })

  test('names every command', async () => {
    const { COMMANDS } = await import('../cli/commands.ts')
    expect(Object.keys(COMMANDS).filter((name) => !readme.includes(`\`${name}`))).toEqual([])
  })
})

function blockAfter(mark: string): readonly string[] {
  const [, rest = ''] = readme.split(mark)
  return ((rest.split('```')[1] ?? '').split('\n') as string[]).slice(1, -1)
}

/** What a demo prints. */
async function played(script: string): Promise<string> {
  const store = mkdtempSync(join(tmpdir(), 'rollcall-demo-'))
  try {
    const demo = promisify(execFile)(process.execPath, [`test/demo/${script}`], {
      cwd: ROOT,
      env: { ...process.env, DEMO_STORE: store },
    })
    return (await demo).stdout
  } finally {
    rmSync(store, { recursive: true, force: true })
  }
}

/** Times and counts of looks, names made anew, keys and digests differ from run to run. */
function masked(line: string): string {
  return line
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\d+ looks/g, '<n> looks')
    .replaceAll(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, '<name>')
    .replaceAll(/acme\.example\+[0-9a-f]{8}\+\S+/g, '<key>')
    .replaceAll(/sha256:[0-9a-f]{64}/g, '<digest>')
    .replaceAll(/(waive <name>) [0-9a-f]{12}/g, '$1 <reason>')
    .replaceAll(/(ledger entry|at size) \d+/g, '$1 <n>')
}
