import { describe, expect, test } from 'vitest'
import { type CommandSpec, parse, whole } from '../../cli/args.ts'
import { COMMANDS } from '../../cli/commands.ts'
import { EXIT } from '../../cli/io.ts'
import { world } from './io.ts'

const spec = {
  name: 'demo',
  about: 'x',
  words: '[NAME]',
  takes: [0, 1],
  flags: {
    store: { type: 'string', value: 'DIR', about: 'x' },
    set: { type: 'string', multiple: true, about: 'x' },
    fresh: { type: 'boolean', about: 'x' },
  },
  examples: [],
} as const satisfies CommandSpec

describe('a command line', () => {
  test('is taken apart: words, flags in both forms, several values', () => {
    expect(parse(spec, ['a', '--store=x', '--set', 'k=v', '--set', 'l=-1', '--fresh'])).toEqual({
      words: ['a'],
      flags: expect.objectContaining({ store: 'x', set: ['k=v', 'l=-1'], fresh: true }),
      help: false,
    })
    expect(parse(spec, []).flags).toMatchObject({ store: undefined, set: [], fresh: false })
  })

  test.each([
    [['--stroe', 'x'], /did you mean `--store`/],
    [['--frsh'], /did you mean `--fresh`/],
    [['--zzz'], /unknown flag `--zzz`/],
    [['-h'], /did you mean `--help`/],
    [['--store'], /needs a value/],
    [['--store', '--fresh'], /needs a value/],
    [['--fresh=yes'], /takes no value/],
    [['--store', 'a', '--store', 'b'], /given twice/],
    [['a', 'b'], /one word too many/],
    [['--__proto__', 'x'], /unknown flag/],
  ])('%j is a usage error', (args, message) => {
    expect(() => parse(spec, args)).toThrow(message)
  })

  test('a wrong flag never repeats the value that came with it: it may be a secret', () => {
    for (const args of [['--secrt', 'token=hunter2'], ['--secrt=token=hunter2'], ['--fresh=hunter2']]) {
      expect(() => parse(spec, args)).toThrow(expect.not.stringContaining('hunter2') as never)
    }
  })

  test.each([['-1'], ['1.5'], ['0'], ['x'], ['1e3'], ['99999999999999999999']])('--limit %s is refused', (text) => {
    expect(() => whole('--limit', text, 1, [1, 1000])).toThrow(/whole number from 1 to 1000/)
  })
})

describe('every command', () => {
  const names = Object.keys(COMMANDS)

  test.each(names)('%s --help shows its use and examples, and exits 0', async (name) => {
    const w = world()
    for (const args of [
      [name, '--help'],
      ['help', name],
    ]) {
      const { exit, out, err } = await w.run(...args)
      expect([exit, err]).toEqual([EXIT.fine, ''])
      expect(out).toMatch(new RegExp(`^rollcall ${name}`))
      expect(out).toContain('Examples:')
      expect(out).toContain('--json')
    }
    w.clean()
  })

  test.each(names)('%s with an unknown flag exits 2 and says so on stderr', async (name) => {
    const w = world()
    const { exit, out, err } = await w.run(name, '--jsn')
    expect([exit, out]).toEqual([EXIT.usage, ''])
    expect(err).toMatch(/error\[cli\/usage\]: unknown flag `--jsn`; did you mean `--json`\?/)
    w.clean()
  })

  test('a misspelt command is answered with the right one, in 95 % of one-character slips at least', async () => {
    const w = world()
    let right = 0
    let all = 0
    for (const name of names) {
      for (let at = 0; at < name.length; at++) {
        const cut = name.slice(0, at) + name.slice(at + 1)
        const swapped = name.slice(0, at) + (name[at + 1] ?? '') + name[at] + name.slice(at + 2)
        const other = `${name.slice(0, at)}x${name.slice(at + 1)}`
        for (const slip of [cut, swapped, other]) {
          if (slip === name || names.includes(slip)) continue
          const { exit, err } = await w.run(slip)
          expect(exit).toBe(EXIT.usage)
          all++
          if (err.includes(`did you mean \`${name}\``)) right++
        }
      }
    }
    w.clean()
    expect(right / all).toBeGreaterThanOrEqual(0.95)
  })

  test('no command at all shows the overview and exits 2; --help exits 0; --version tells one', async () => {
    const w = world()
    expect(await w.run()).toMatchObject({ exit: EXIT.usage, out: expect.stringContaining('Exit codes: 0 fine') })
    expect(await w.run('--help')).toMatchObject({ exit: EXIT.fine })
    expect((await w.run('--version')).out).toMatch(/^rollcall \d+\.\d+\.\d+ /)
    expect(await w.run('constructor')).toMatchObject({ exit: EXIT.usage })
    w.clean()
  })
})
