/** Item 16, class G: does the credential see the whole population? By a proof, or by a person's dated word. Pure. */
import { counted, holds, missing, refutes } from '../kinds/finding.ts'
import type { Finding, ScopeAttestation } from '../types.ts'

/**
 * One `scope_proof` of the connector, asked. `refuted`: its `refuted_by` shows a restricted credential. `not_shown`: an answer that
 * shows neither, as a credential gets that sees everyone and may not read the proof. `unanswered`: no answer.
 */
export type ScopeAnswer = {
  readonly shows: string
  readonly where: string
  readonly result: 'held' | 'refuted' | 'not_shown' | 'unanswered'
  readonly because: string | null
}

const PROOF = { check: 'scope_proof', item: 16, class: 'G' } as const
const WORD = { check: 'scope_attested', item: 16, class: 'G' } as const
const ATTEST = 'Have somebody who knows attest, with a date, that this credential sees everyone.'

/** `at` ISO 8601. A proof that says no is not outvoted by an attestation. */
export function scopeFindings(
  answers: readonly ScopeAnswer[],
  attested: ScopeAttestation | null,
  at: string,
): readonly Finding[] {
  return attested === null ? [scopeProof(answers)] : [scopeProof(answers), scopeAttested(attested, at)]
}

function scopeProof(answers: readonly ScopeAnswer[]): Finding {
  const failed = answers.filter((answer) => answer.result === 'refuted')
  const silent = answers.filter((answer) => answer.result !== 'held' && answer.result !== 'refuted')
  const facts = { asked: answers.length, failed: failed.map((one) => one.where), unanswered: silent.map((one) => one.where) }
  const [no] = failed
  if (no !== undefined) {
    const because = `the credential's view is restricted: it is not so that ${no.shows}${no.because === null ? '' : ` (${no.because})`}`
    return refutes(PROOF, because, facts, `Give the credential the right it lacks: ${no.shows} (${no.where}).`)
  }
  if (answers.length === 0) return missing(PROOF, 'the connector has no proof of what the credential may see', facts, ATTEST)
  const [unanswered] = silent
  if (unanswered !== undefined) {
    const because = `${unanswered.result === 'unanswered' ? 'not answered' : 'not shown'}: ${unanswered.shows}${unanswered.because === null ? '' : ` (${unanswered.because})`}`
    const settle =
      unanswered.result === 'unanswered' ? 'Read again.' : `Give the credential the right that shows it (${unanswered.where}).`
    return missing(PROOF, because, facts, `${settle} Or: ${ATTEST}`)
  }
  return holds(
    PROOF,
    `the credential sees all, by ${counted(answers.length, 'check', 'checks')}: ${answers.map((one) => one.shows).join('; ')}`,
    facts,
    false,
  )
}

function scopeAttested(word: ScopeAttestation, at: string): Finding {
  const [now, from, until] = [Date.parse(at), Date.parse(word.at), Date.parse(word.until)]
  const facts = { by: word.by, at: word.at, until: word.until, reason: word.reason }
  if (word.by.trim() === '' || word.reason.trim() === '' || [now, from, until].some(Number.isNaN)) {
    return missing(WORD, 'the attestation of scope lacks a name, a reason or a date', facts, ATTEST)
  }
  if (now < from) return missing(WORD, `the attestation of scope is dated ${word.at}, in the future`, facts, ATTEST)
  if (now >= until) return missing(WORD, `the attestation of scope by ${word.by} expired ${word.until}`, facts, ATTEST)
  return holds(WORD, `${word.by} attested on ${word.at} that the credential sees all, until ${word.until}`, facts, false)
}
