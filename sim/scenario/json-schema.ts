/** The scenario format as JSON Schema, for editors: completion, hints, and most mistakes underlined while typing. */
import { z } from 'zod'
import { scenarioSchema } from './schema.ts'

export interface JsonSchema {
  readonly [key: string]: unknown
}

export function scenarioJsonSchema(): JsonSchema {
  const { required, properties, ...schema } = z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any' })
  return {
    ...schema,
    title: 'fleetlab scenario',
    properties: {
      extends: { type: 'string', description: 'A scenario file that this one merges over, relative to this file.' },
      ...properties,
    },
    // A file that extends another need not repeat what the other says.
    if: { required: ['extends'] },
    else: { required },
  }
}
