/** JSON Schema of findings and verdicts; the spec room emits it as schemas/evidence.schema.json. */
import type { JsonObject } from '../types.ts'

const finding = {
  type: 'object',
  title: 'Finding',
  description: 'What one check says.',
  properties: {
    check: { type: 'string', pattern: '^[a-z][a-z0-9_]*$', description: 'The word that made it.' },
    item: { type: 'integer', minimum: 0, maximum: 21, description: 'The evidence item; 0 where it has none.' },
    class: {
      enum: ['A', 'B', 'C', 'D', 'E', 'F', 'G'],
      description:
        'How independent the evidence is: A in-band self-report, B out-of-band self-report, C client-side structure, D replay, E history, F external or canary, G authority.',
    },
    result: {
      enum: ['holds', 'refutes', 'missing', 'anomaly'],
      description: 'Speaks for completeness; shows a lack; could not be asked; unusual, and enough to hold removals.',
    },
    because: { type: 'string', minLength: 1 },
    facts: { type: 'object', description: 'Numbers and samples behind it.' },
    confirms: { type: 'boolean', description: 'May it be the one confirming item that `complete` needs?' },
    settle: { type: ['string', 'null'], description: 'What would settle it: an instruction to a person.' },
  },
  required: ['check', 'item', 'class', 'result', 'because', 'facts', 'confirms', 'settle'],
  additionalProperties: false,
} as const

/** A verdict with its findings. */
export const evidenceSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'evidence.schema.json',
  title: 'Verdict',
  description: 'May we believe that everybody was read? With every finding behind it.',
  type: 'object',
  properties: {
    is: { enum: ['complete', 'incomplete', 'unproven'] },
    because: { type: 'string', minLength: 1, description: 'One line for people.' },
    findings: { type: 'array', items: { $ref: '#/definitions/finding' } },
    next_steps: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      description: 'What would make it complete, most useful first.',
    },
    rules: { type: 'string', minLength: 1, description: 'Version of the rules that judged.' },
    hold: { type: ['string', 'null'], description: 'Removals of this snapshot wait for a person, and why.' },
  },
  required: ['is', 'because', 'findings', 'next_steps', 'rules', 'hold'],
  additionalProperties: false,
  definitions: { finding },
} as const satisfies JsonObject
