import { describe, expect, test } from 'vitest'
import { challenge } from '../../runtime/kinds/challenge/index.ts'
import type { KindOptions } from '../../runtime/types.ts'

type Texts = { readonly [name: string]: string }
const answer = (options: KindOptions, headers: Texts, query: Texts) =>
  challenge[options.kind]!.answer(options, { headers, query })

const json: KindOptions = { kind: 'json', header: 'X-Okta-Verification-Challenge', path: 'verification' }
const text: KindOptions = { kind: 'text', query: 'validationToken' }

describe('a challenge', () => {
  test('goes back as the target wants it', () => {
    expect(answer(json, { 'x-okta-verification-challenge': 'abc_-1' }, {})).toEqual({ json: { verification: 'abc_-1' } })
    expect(answer(text, {}, { validationToken: 'Validation: Testing client <b>x</b>' })).toEqual({
      text: 'Validation: Testing client <b>x</b>',
    })
  })

  test('is none where nothing asks for it', () => {
    expect(answer(json, { authorization: 'x' }, { verification: 'x' })).toBeNull()
    expect(answer(text, { validationtoken: 'x' }, {})).toBeNull()
    expect(answer({ ...text, query: 'toString' }, {}, {})).toBeNull()
  })

  test.each([
    ['is empty', ''],
    ['is longer than any target sends', 'x'.repeat(2_049)],
    ['holds a line break', 'a\r\nSet-Cookie: b'],
    ['holds NUL', 'a\0'],
    ['holds a C1 control', 'a\u0085b'],
  ])('that %s is refused', (_name, value) => {
    expect(answer(text, {}, { validationToken: value })).toEqual({ refused: expect.any(String) })
    expect(answer(json, { 'x-okta-verification-challenge': value }, {})).toEqual({ refused: expect.any(String) })
  })
})
