/**
 * Nobody becomes another person by writing the name in another way: forms of a letter, case, blanks at the ends and within, signs that are not
 * seen. Names are compared by this, and shown as written.
 */
export const personName = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .replace(/\s+/gu, ' ')
    .toLowerCase()
