const MOST_LENGTH = 2_048

/** What goes back to whoever asks is short and plain. Null: nothing against it. */
export function refusal(text: string): { readonly refused: string } | null {
  if (text === '') return { refused: 'the challenge is empty' }
  if (text.length > MOST_LENGTH) return { refused: `the challenge has more than ${MOST_LENGTH} characters` }
  return /\p{Cc}/u.test(text) ? { refused: 'the challenge holds control characters' } : null
}
