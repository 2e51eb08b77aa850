/** What a signature is made over: `{id}.{timestamp}.{body}`. */

export const PIECES = ['id', 'timestamp', 'body'] as const
export type Piece = (typeof PIECES)[number]

/** Literal text between pieces. Null: not written so, or two pieces touch, so that the end of one could pass for the beginning of the other. */
export function parseOver(text: string): readonly (string | { readonly piece: Piece })[] | null {
  const parts = text.split(/(\{[a-z]+\})/).filter((part) => part !== '')
  const out: (string | { readonly piece: Piece })[] = []
  for (const part of parts) {
    const piece = PIECES.find((one) => part === `{${one}}`)
    if (piece === undefined && /[{}]/.test(part)) return null
    if (piece !== undefined && typeof out.at(-1) === 'object') return null
    out.push(piece === undefined ? part : { piece })
  }
  const pieces = out.flatMap((part) => (typeof part === 'string' ? [] : [part.piece]))
  return pieces.includes('body') && new Set(pieces).size === pieces.length ? out : null
}
