/** One mistake in the sample each. `⟦…⟧` marks where the error must stand; the marks are taken out of the text. */
export type Case = {
  readonly name: string
  readonly find: string | RegExp
  readonly put: string
  readonly code: string
  readonly help?: string
}

export const one = (name: string, find: string | RegExp, put: string, code: string, help?: string): Case => ({
  name,
  find,
  put,
  code,
  ...(help === undefined ? {} : { help }),
})
