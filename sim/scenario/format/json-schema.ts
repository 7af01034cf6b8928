/** The scenario format as JSON Schema, for editors: completion, hints, and most mistakes underlined while typing. */
import { z } from 'zod'
import { listSettings, spellingsOf } from '../../coordinator/config.ts'
import { scenarioSchema } from './schema.ts'

export interface JsonSchema {
  readonly [key: string]: unknown
}

/** Maps that know it hold settings of the coordinator. */
const A_SETTING = 'WARM_POOL_INTERVAL'

/** As a pattern and not as properties: an editor need not offer every setting three times. */
const OTHER_SPELLINGS = {
  [`^(?:${listSettings()
    .flatMap(({ name }) => spellingsOf(name))
    .join('|')})$`]: {
    description: 'A setting under its former name, or as an environment file holds it.',
  },
}

export function scenarioJsonSchema(): JsonSchema {
  const { required, properties, ...schema } = z.toJSONSchema(scenarioSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.properties !== undefined && A_SETTING in jsonSchema.properties)
        jsonSchema.patternProperties = OTHER_SPELLINGS
    },
  })
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
