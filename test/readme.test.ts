import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

  test('shows what the demo prints, line by line, and the demo goes as it says', { timeout: 180_000 }, () => {
    const store = mkdtempSync(join(tmpdir(), 'rollcall-demo-'))
    const run = spawnSync(process.execPath, ['test/demo/demo.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, DEMO_STORE: store },
    })
    rmSync(store, { recursive: true, force: true })
    expect(run.status, run.stderr).toBe(0)
    const printed = run.stdout.split('\n').map(masked)
    let from = 0
    for (const line of blockAfter('<!-- demo -->').map(masked)) {
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

/** Times and counts of requests differ from run to run. */
function masked(line: string): string {
  return line.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
}
