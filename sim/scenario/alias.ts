/** Public names and the builds they stand for, as the operator sets them. */
import { z } from 'zod'
import type { BuildId } from '../base/ids.ts'

const build = () => z.string().transform((name) => name as BuildId)

const aliasSchema = z.strictObject({
  desired: z
    .string()
    .describe('Build that requests for the alias should get; empty: unavailable, as in the real system.'),
  previous: build().optional().describe('Build used while the desired one is nowhere routable.'),
  retired: z.array(build()).default([]).describe('Former builds: never routed to, still members of the pool.'),
})

/** By public name. */
export const aliasesSchema = z.record(z.string().min(1), aliasSchema)

export type Aliases = z.output<typeof aliasesSchema>
