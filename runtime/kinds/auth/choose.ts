import { Failure } from '../../errors.ts'
import type { KindOptions } from '../../types.ts'
import type { AuthKind, AuthView } from '../kind.ts'

/** Lets an operator's setting pick among other auth words. Throws `auth/choice` where the setting has a value without an option. */
export function chooseAmong(words: { readonly [kind: string]: AuthKind }): AuthKind {
  const picked = (options: KindOptions, view: AuthView): { readonly word: AuthKind; readonly its: KindOptions } => {
    const by = String(options['by'])
    const value = String(view.setting(by))
    const offered = options['options'] as { readonly [value: string]: KindOptions }
    const its = Object.hasOwn(offered, value) ? offered[value] : undefined
    const word = its === undefined ? undefined : words[its.kind]
    if (its === undefined || word === undefined) {
      throw new Failure('auth/choice', 'auth.options', `setting \`${by}\` picks none of ${Object.keys(offered).join(', ')}`)
    }
    return { word, its }
  }
  return {
    kind: 'choose',
    description: 'Another auth word, picked by the value of a setting.',
    schema: {
      type: 'object',
      properties: {
        kind: { const: 'choose' },
        by: { type: 'string', minLength: 1, description: 'Name of the setting.' },
        options: {
          type: 'object',
          minProperties: 1,
          description: 'For each value of the setting, the auth.',
          additionalProperties: {
            type: 'object',
            required: ['kind'],
            discriminator: { propertyName: 'kind' },
            oneOf: Object.values(words).map((word) => word.schema),
          },
        },
      },
      required: ['kind', 'by', 'options'],
      additionalProperties: false,
    },
    example: {
      kind: 'choose',
      by: 'sign_in',
      options: { token: { kind: 'bearer', token: '{token}' }, key: { kind: 'query', name: 'key', value: '{api_key}' } },
    },
    async ask(options, view) {
      const { word, its } = picked(options, view)
      return word.ask === null ? null : await word.ask(its, view)
    },
    accept(options, view, answer) {
      const { word, its } = picked(options, view)
      return word.accept(its, view, answer)
    },
    apply(options, view, token) {
      const { word, its } = picked(options, view)
      return word.apply(its, view, token)
    },
    line(options, view) {
      const { word, its } = picked(options, view)
      return word.line?.(its, view) ?? null
    },
  }
}
