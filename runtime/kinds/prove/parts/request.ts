/** What an author writes where a proof carries a request of its own. The spec room takes it apart before a word sees it. */
export const requestSchema = {
  anyOf: [
    { type: 'string', pattern: '^(GET|POST) +\\S' },
    {
      type: 'object',
      properties: {
        request: { type: 'string', pattern: '^(GET|POST) +\\S' },
        query: { type: 'object' },
        headers: { type: 'object' },
        body: { type: 'object' },
        decode: { type: 'object' },
        expect: { type: ['string', 'array'], items: { type: 'string' } },
      },
      required: ['request'],
      additionalProperties: false,
    },
  ],
} as const

/** Query values as a request carries them: texts. */
export function queryOf(declared: { readonly [name: string]: string | number | boolean }): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, String(value)]))
}
