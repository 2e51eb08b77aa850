const MASK = '[secret]'

/**
 * A target's words, safe to show: the given secrets in every form a target may echo them (as they are, URL-encoded, form-encoded,
 * base64, JSON-escaped) and every long run that could be a token are masked; one line, cut at 300 characters.
 */
export function scrub(text: string, secrets: readonly string[]): string {
  const forms = secrets.filter((s) => s !== '').flatMap(formsOf)
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length).reduce((t, form) => t.replaceAll(form, MASK), text)
  return known
    .replace(/[A-Za-z0-9+/_=.-]{32,}/g, MASK)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, 300)
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8')
  return [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    JSON.stringify(secret).slice(1, -1),
  ]
}
