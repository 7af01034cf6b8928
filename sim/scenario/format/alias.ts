/** Public names and the builds they stand for, as the operator sets them. */
import { z } from 'zod'
import { byName, label } from '../../base/config.ts'
import type { BuildId } from '../../base/ids.ts'

const build = () => label().transform((name) => name as BuildId)

const aliasSchema = z.strictObject({
  desired: label().describe('Build that requests for the alias should get; empty: unavailable, as in the real system.'),
  previous: build().optional().describe('Build used while the desired one is nowhere routable.'),
  retired: z.array(build()).default([]).describe('Former builds: never routed to, still members of the pool.'),
})

/** By public name. */
export const aliasesSchema = byName(aliasSchema)

export type Aliases = z.output<typeof aliasesSchema>
