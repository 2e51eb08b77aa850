import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { attested, canaries } from '../../cli/attest.ts'
import { readSecret, secretRef } from '../../cli/secrets.ts'
import { settingsFrom } from '../../cli/settings.ts'
import { settingValue } from '../../runtime/spec/setting-value.ts'
import type { Connector, Setting } from '../../runtime/types.ts'

const setting = (type: Setting['type'], more: Partial<Setting> = {}): Setting => ({ type, required: true, ...more })

describe('a setting from the command line', () => {
  test.each([
    ['text', ['x y'], 'x y'],
    ['integer', ['-12'], -12],
    ['boolean', ['true'], true],
    ['boolean', ['false'], false],
    ['list', ['a,b', 'c'], ['a', 'b', 'c']],
    ['hostname', ['acme.okta.com'], 'acme.okta.com'],
    ['hostname', ['127.0.0.1:8080'], '127.0.0.1:8080'],
    ['hostname', ['ACME.Example.'], 'acme.example'],
    ['hostname', ['münchen.example'], 'xn--mnchen-3ya.example'],
    ['hostname', ['[::1]:80'], '[::1]:80'],
    ['url', ['https://acme.example/scim/v2/'], 'https://acme.example/scim/v2'],
    ['url', ['http://127.0.0.1:80/x'], 'http://127.0.0.1:80/x'],
  ] as const)('%s takes %j as %j', (type, texts, value) => {
    expect(settingValue('s', setting(type), texts)).toEqual(value)
  })

  test.each([
    ['text', [''], /is empty/],
    ['text', ['a', 'b'], /given twice/],
    ['integer', ['1.5'], /whole number/],
    ['integer', ['9007199254740993'], /whole number/],
    ['boolean', ['yes'], /true or false/],
    ['list', ['a,,b'], /empty item/],
    ['hostname', ['https://acme.okta.com/'], /host name only: acme.okta.com/],
    ['hostname', ['acme.okta.com/api'], /no host name/],
    ['hostname', ['user@acme.okta.com'], /no host name/],
    ['hostname', ['acme okta'], /no host name/],
    ['hostname', ['a_b.example'], /no host name/],
    ['url', ['acme.example'], /no URL/],
    ['url', ['ftp://acme.example'], /no URL/],
    ['url', ['https://u:p@acme.example'], /no user name or password/],
    ['url', ['https://acme.example/?x=1'], /no query/],
  ] as const)('%s refuses %j', (type, texts, message) => {
    expect(() => settingValue('s', setting(type), texts)).toThrow(message)
  })

  test('must be one of its options, and the near one is named', () => {
    const s = setting('text', { options: ['bearer', 'basic'] })
    expect(settingValue('s', s, ['basic'])).toBe('basic')
    expect(() => settingValue('s', s, ['barer'])).toThrow(/`bearer`, `basic`; did you mean `bearer`\?/)
  })
})

const connector = {
  connector: 'acme',
  settings: {
    domain: setting('hostname', { label: 'Tenant', example: 'acme.example' }),
    token: setting('secret', { label: 'API token' }),
    way: setting('text', { default: 'a', options: ['a', 'b'], required: false }),
    note: setting('text', { required: false }),
  },
  streams: { users: {}, groups: {} },
} as unknown as Connector

describe('settings and secrets together', () => {
  test('defaults are filled in, secrets are references', () => {
    expect(settingsFrom(connector, ['domain=acme.example'], ['token=env:TOKEN'])).toEqual({
      settings: { domain: 'acme.example', way: 'a' },
      secrets: { token: { from: 'env', name: 'TOKEN' } },
    })
  })

  test.each([
    [
      [],
      [],
      /setting `domain` \(Tenant\) is missing; add --set domain=acme.example\nsetting `token` \(API token\) is missing; add --secret token=env:VARIABLE/,
    ],
    [['domian=acme.example'], ['token=env:T'], /^unknown setting `domian`; did you mean `domain`\?$/m],
    [['domain=acme.example', 'token=hunter22'], [], /`token` is a secret; write --secret token=env:VARIABLE/],
    [['domain=acme.example'], ['token=hunter22'], /was given as a value/],
    [['domain=acme.example'], ['token=env:'], /malformed/],
    [['domain=acme.example'], ['way=env:X', 'token=env:T'], /`way` is a text and no secret/],
    [['domain=acme.example'], ['token=env:A', 'token=env:B'], /given twice/],
    [['domain'], ['token=env:T'], /--set takes name=value/],
    [['domain=acme.example', '__proto__=x'], ['token=env:T'], /unknown setting `__proto__`/],
  ])('%j and %j: one clear message', (sets, secrets, message) => {
    const act = () => settingsFrom(connector, sets, secrets)
    expect(act).toThrow(message)
    expect(act).not.toThrow('hunter22')
  })

  test('a setting without a value that is probably a whole secret is not repeated', () => {
    expect(() => settingsFrom(connector, [], ['hunter22'])).not.toThrow('hunter22')
  })
})

describe('a secret', () => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-secret-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text)
    return `file:${join(dir, name)}`
  }

  test('is read from the environment or a file, without the line break a file ends with', () => {
    expect(readSecret('t', secretRef('t', 'env:T'), { T: 'x ' })).toBe('x ')
    expect(readSecret('t', secretRef('t', file('a', 'line 1\nline 2\n')), {})).toBe('line 1\nline 2')
    expect(readSecret('t', secretRef('t', file('b', 'x\r\n')), {})).toBe('x')
  })

  test.each([
    ['env:T', {}, /\(env:T\) is not set/],
    ['env:T', { T: '' }, /not set/],
    [`file:${dir}/none`, {}, /is not there/],
    [`file:${dir}`, {}, /is a directory/],
    [file('empty', '\n'), {}, /is empty/],
    [file('large', 'x'.repeat(70_000)), {}, /larger than/],
  ])('%s that is not there is named by its reference', (ref, env, message) => {
    expect(() => readSecret('t', secretRef('t', ref), env)).toThrow(message)
  })
})

describe('what people state', () => {
  const now = Date.parse('2026-11-20T00:00:00Z')

  test.each(['Kim Park, IAM: has the reader role; checked', 'Kim Park, IAM; has the reader role; checked'])('%s', (text) => {
    expect(attested(text, undefined, now)).toEqual({
      by: 'Kim Park, IAM',
      reason: 'has the reader role; checked',
      at: '2026-11-20T00:00:00.000Z',
      until: '2027-02-18T00:00:00.000Z',
    })
  })

  test.each(['Kim', ': because', 'Kim:', ''])('%j is no statement', (text) => {
    expect(() => attested(text, undefined, now)).toThrow(/who: why/)
  })

  test('canaries of a named stream are replaced, others stay, unknown streams are refused', () => {
    expect(canaries(['users=a', 'users=b=c'], connector, { users: ['old'], groups: ['g'] })).toEqual({
      users: ['a', 'b=c'],
      groups: ['g'],
    })
    expect(() => canaries(['user=a'], connector, {})).toThrow(/did you mean `users`/)
    expect(() => canaries(['users'], connector, {})).toThrow(/stream=id/)
  })
})
