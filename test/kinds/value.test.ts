import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { Failure } from '../../runtime/errors.ts'
import { celNames, compileCel, compileRecordCel } from '../../runtime/kinds/value/cel.ts'
import type { ValueFailure } from '../../runtime/kinds/value/failure.ts'
import { compilePath, parsePath } from '../../runtime/kinds/value/path.ts'
import { compileRecords } from '../../runtime/kinds/value/records.ts'
import { names, parseTemplate, renderHeader, renderPath, renderText } from '../../runtime/kinds/value/template.ts'
import { compileValue } from '../../runtime/kinds/value/value.ts'
import type { Json } from '../../runtime/types.ts'

type Row = { value: Json; give?: Json; fails?: string; refused?: string; at?: number }
const table = parse(readFileSync(new URL('value.yaml', import.meta.url), 'utf8'), { intAsBigInt: false }) as {
  record: object
  vars: { [name: string]: unknown }
  values: Row[]
}

function failureOf(run: () => unknown): Failure {
  try {
    run()
  } catch (failure) {
    if (failure instanceof Failure) return failure
    throw failure
  }
  throw new Error('nothing failed')
}

describe('a value', () => {
  test.each(table.values.map((row) => [JSON.stringify(row.value), row] as const))('%s', (_name, row) => {
    const compiled = () => compileValue(row.value, ['group'])
    if (row.refused !== undefined) {
      const failure = failureOf(compiled)
      expect(failure.code).toBe(row.refused)
      if (row.at !== undefined) expect((failure as ValueFailure).offset).toBe(row.at)
      return
    }
    const run = compiled()
    // Twice: what a first evaluation leaves behind must not change the second.
    for (const _ of [1, 2]) {
      if (row.fails !== undefined) expect(failureOf(() => run(table.record, table.vars)).code).toBe(row.fails)
      else expect(run(table.record, table.vars)).toEqual('give' in row ? row.give : undefined)
    }
  })

  test('a CEL fault never quotes a value of the record', () => {
    for (const text of [
      '= bool(secret)',
      '= duration(secret)',
      '= timestamp(secret)',
      '= int(secret)',
      '= secret + 1',
      '= bytes(secret).json()',
      '= record[secret]',
      "= {'a': 1}[secret]",
    ]) {
      const failure = failureOf(() => compileValue(text, [])(table.record, table.vars))
      if (!text.includes('[secret]')) expect(failure.message, text).not.toContain('hunter2')
      expect(failure.code).toBe('value/evaluate')
    }
  })

  test('a record that is no object fails in CEL and has no value by path', () => {
    for (const record of [null, 'text', 5, [1]]) {
      expect(failureOf(() => compileValue('= id', [])(record, {})).code).toBe('value/evaluate')
      expect(compileValue('id', [])(record, {})).toBeUndefined()
    }
  })

  test('a key named __proto__ in hostile JSON stays data and reaches no prototype', () => {
    const record = JSON.parse(
      '{"__proto__":{"polluted":1},"id":"u","constructor":{"x":1},"m":{"__proto__":{"polluted":1},"k":1}}',
    ) as object
    expect(compileValue('polluted', [])(record, {})).toBeUndefined()
    expect(compileValue('m.polluted', [])(record, {})).toBeUndefined()
    expect(compileValue("= {'copy': m}", [])({ m: (record as { m: unknown }).m }, {})).not.toHaveProperty('copy.polluted')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})

describe('CEL over an answer', () => {
  const answer = { status: 200, headers: { 'x-a': 'b' }, body: { ok: true, error: { code: 'x' } } }
  const run = (text: string) => compileCel(text, { variables: ['status', 'headers', 'body'] })

  test('sees status, headers and body, with or without the leading sign', () => {
    expect(run('= status == 200 && body.ok == true')(answer)).toBe(true)
    expect(run("headers['x-a'] == 'b' && !has(body.errors)")(answer)).toBe(true)
    expect(run('= has(body.error) && body.error.code in ["x"]')(answer)).toBe(true)
  })

  test('refuses another name when it compiles, with its place', () => {
    const failure = failureOf(() => run('= statu == 200'))
    expect(failure).toMatchObject({ code: 'value/name', offset: 2 })
    expect(failure.message).toContain('status, headers, body')
  })

  test('names what an expression reads, bound names aside', () => {
    expect(celNames('= a.b == c && d.exists(x, x == y) && cel.bind(z, q, z) && type(r) == int')).toEqual([
      'a',
      'c',
      'd',
      'y',
      'q',
      'r',
    ])
  })

  test("a backtracking pattern takes no time: RE2 matches, not the library's own RegExp", () => {
    const match = compileRecordCel("= id.matches('^(a+)+$')", [])
    const started = performance.now()
    expect(match({ id: `${'a'.repeat(5_000)}!` }, {})).toBe(false)
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(failureOf(() => match({ id: 'a'.repeat(70_000) }, {})).code).toBe('value/evaluate')
  })

  test('an expression too deep or too long is refused, not run', () => {
    expect(failureOf(() => compileCel(`= ${'('.repeat(500)}1${')'.repeat(500)}`, { variables: [] })).code).toBe('value/cel')
    expect(failureOf(() => compileCel(`= 1${' + 1'.repeat(5_000)}`, { variables: [] })).code).toBe('value/cel')
  })
})

describe('a path', () => {
  test('of the whole is []', () => {
    expect(parsePath('[]')).toEqual([])
    expect(compilePath('[]')([1])).toEqual([1])
  })

  test('agrees with a plain reading step by step, on anything', () => {
    const segment = fc.constantFrom('a', 'b', 'length', '0', 'toString', '[0]', '[1]')
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.jsonValue(), (segments, inner) => {
        const root = { a: { b: inner, a: [inner, { a: inner }] }, b: [inner], length: inner }
        const text = segments.map((part, i) => (i === 0 || part.startsWith('[') ? part : `.${part}`)).join('')
        const expected = segments.reduce<unknown>((value, part) => {
          if (part.startsWith('[')) return Array.isArray(value) ? value[Number(part[1])] : undefined
          return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, part)
            ? (value as never)[part]
            : undefined
        }, root)
        expect(compilePath(text)(root)).toEqual(expected)
      }),
    )
  })
})

describe('the records of a page', () => {
  const rows = (path: string, body: unknown, empty: Parameters<typeof compileRecords>[1] = null) =>
    compileRecords(path, empty)(body)
  test.each([
    ['[]', [1, 2], null, [1, 2]],
    ['data.users', { data: { users: [1] } }, null, [1]],
    ['a[*].b', { a: [{ b: [1] }, { b: [] }, { b: [2, 3] }] }, null, [1, 2, 3]],
    ['a[*]', { a: [[1], [2]] }, null, [1, 2]],
    ['a[*].b[*].c', { a: [{ b: [{ c: [1] }, { c: [2] }] }] }, null, [1, 2]],
    ['data', {}, 'absent', []],
    ['data', { data: null }, 'null', []],
    ['data', {}, 'null_or_absent', []],
    ['a[*].b', { a: [{ b: [1] }, {}] }, 'absent', [1]],
    ['data', { kind: 'list', error: null, errors: [], ok: true }, 'absent', []],
    // An error with status 200 is no empty list.
    ['data', { error: { code: 503 } }, 'absent', 'type'],
    ['data', { error: 'try again' }, 'null_or_absent', 'type'],
    ['data', { data: null, errors: [{ message: 'no' }] }, 'null', 'type'],
    ['data', { errors: { '*': ['no'] } }, 'absent', 'type'],
    ['data', { ok: false }, 'absent', 'type'],
    ['data', { success: false, code: 9 }, 'absent', 'type'],
    ['data', { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '500' }, 'absent', 'type'],
    ['data', 'maintenance', 'absent', 'type'],
    ['data', [], 'absent', 'type'],
    // 204 has no body.
    ['data', null, 'null_or_absent', []],
    ['data', {}, null, 'absent'],
    ['data', { data: null }, 'absent', 'null'],
    ['data', {}, 'null', 'absent'],
    ['data', { data: { a: 1 } }, 'null_or_absent', 'type'],
    ['data', { data: '' }, 'null_or_absent', 'type'],
    ['a[*].b', { a: [{ b: [1] }, {}] }, null, 'absent'],
    ['a[*].b', { a: [{ b: [1] }, { b: null }] }, null, 'null'],
    ['a[*]', { a: [1] }, null, 'type'],
  ] as const)('%s of %j with empty %s', (path, body, empty, expected) => {
    const found = rows(path, body, empty)
    if (typeof expected === 'string') expect(found).toMatchObject({ ok: false, what: expected })
    else expect(found).toEqual({ ok: true, records: expected })
  })
})

describe('a template', () => {
  const lookup = (name: string): unknown =>
    ({
      domain: 'acme.example',
      'group.id': 'a/b ?#%',
      n: 5,
      dot: '..',
      one: '.',
      none: '',
      crlf: 'a\r\nx: y',
      euro: '€',
      half: '\ud800',
      obj: {},
      long: 'x'.repeat(3_000),
      yes: true,
      secret: 'hunter2\n',
    })[name]

  test('fills names, keeps doubled braces, and says what it reads', () => {
    const template = parseTemplate('https://{domain}/{{x}}/{group.id}?n={n}&y={yes}&d={domain}')
    expect(names(template)).toEqual(['domain', 'group.id', 'n', 'yes'])
    expect(renderText(template, lookup)).toBe('https://acme.example/{x}/a/b ?#%?n=5&y=true&d=acme.example')
  })

  test('in a path a value is one segment', () => {
    expect(renderPath(parseTemplate('/groups/{group.id}/users'), lookup)).toBe('/groups/a%2Fb%20%3F%23%25/users')
    for (const name of ['dot', 'one', 'none', 'half', 'long'])
      expect(failureOf(() => renderPath(parseTemplate(`/x/{${name}}`), lookup)).code, name).toBe('value/template')
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text !== '.' && text !== '..' && text.length < 2_000),
        (id) => {
          const url = new URL(
            renderPath(parseTemplate('/a/{id}/b'), () => id),
            'https://t.example',
          )
          expect(url.pathname.split('/')).toHaveLength(4)
          expect(decodeURIComponent(url.pathname.split('/')[2] as string)).toBe(id)
          expect(url.search + url.hash).toBe('')
        },
      ),
    )
  })

  test('in a header no value can start another header', () => {
    expect(renderHeader(parseTemplate('SSWS {domain}'), lookup)).toBe('SSWS acme.example')
    for (const name of ['crlf', 'euro'])
      expect(failureOf(() => renderHeader(parseTemplate(`x {${name}}`), lookup)).code).toBe('value/template')
  })

  test('without a value it fails, and no message holds a value', () => {
    for (const [write, text] of [
      [renderText, '{missing}'],
      [renderText, '{obj}'],
      [renderPath, '{long}'],
      [renderHeader, '{secret}'],
    ] as const) {
      const failure = failureOf(() => write(parseTemplate(text), lookup))
      expect(failure.code).toBe('value/template')
      expect(`${failure.message} ${failure.where}`).not.toMatch(/hunter2|xxx/)
    }
  })

  test.each([
    ['{', 0],
    ['a}', 1],
    ['{a b}', 0],
    ['{}', 0],
    ['{a..b}', 0],
    ['x{{{a}', -1],
    ['{a}}', 3],
  ] as const)('%s', (text, offset) => {
    if (offset < 0) expect(parseTemplate(text)).toEqual(['x{', { name: 'a' }])
    else expect(failureOf(() => parseTemplate(text))).toMatchObject({ code: 'value/template-syntax', offset })
  })
})
