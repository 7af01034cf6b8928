/**
 * The scenario file's format: the rooms' own schemas under one roof. Structure only; whether names lead anywhere is
 * semantics.ts. Descriptions on keys become the JSON Schema that editors show.
 */
import { z } from 'zod'
import { duration, durationWithin, name } from '../../base/config.ts'
import { ENGINE_VERSIONS } from '../../catalog/index.ts'
import { coordinatorSettingsSchema } from '../../coordinator/config.ts'
import { demandStreamSchema, upstreamSchema } from '../../demand/config.ts'
import { fleetEntrySchema, macSettingsSchema } from '../../mac/config.ts'
import { aliasesSchema } from './alias.ts'
import { armSchema } from './arm.ts'
import { assumedSchema } from '../reading/assumed.ts'
import { chipsSchema } from './chip-entry.ts'
import { collapseSchema } from './collapse.ts'
import { expectationSchema } from './expectation.ts'
import { modelEntrySchema } from './model-entry.ts'
import { physicsSchema } from './physics.ts'
import { seedSchema, seedsSchema } from './seed.ts'
import { sloSchema } from './slo.ts'
import { startSchema } from './start.ts'
import { timelineEntrySchema } from './timeline.ts'
import { verdictSchema } from './verdict.ts'

/** Builds are bits of one exact whole number, in the rows that say what an idle Mac could serve. */
const BUILDS_MAX = 52

export const scenarioSchema = z.strictObject({
  name: name().describe('Short name; results carry it.'),
  about: z.string().default('').describe('One line on the question this scenario answers.'),
  assumed: assumedSchema.optional(),
  duration: durationWithin('1us', '744h').describe(
    'How long requests arrive. What is under way then runs on for at most 15 minutes.',
  ),
  warmup: z
    .union([z.literal('auto'), duration()], { error: 'must be a duration such as 10m, or `auto`' })
    .prefault('0s')
    .describe('Left out of every figure; `auto` detects it.'),
  seed: seedSchema.default(1).describe('Seed of a single run.'),
  seeds: seedsSchema.default([]).describe('Seeds of compare and check, such as 1-10; absent: the one `seed`.'),
  engine: z.enum(ENGINE_VERSIONS).default('2026-06').describe('Provider program.'),
  models: z.array(modelEntrySchema).min(1).max(BUILDS_MAX).describe('What the coordinator’s catalog holds.'),
  aliases: aliasesSchema.prefault({}).describe('Public names and the builds they stand for.'),
  chips: chipsSchema
    .prefault({})
    .describe('Chips of your own, by the name that machines give them: `M6 Max 40c: {bandwidth: 700GB/s}`.'),
  fleet: z.array(fleetEntrySchema).min(1, { error: 'must hold at least one Mac' }).describe('The Macs.'),
  start: startSchema.optional(),
  demand: z.array(demandStreamSchema).min(1, { error: 'must hold at least one stream' }).describe('Who asks and when.'),
  recorded_day: z
    .string()
    .optional()
    .describe(
      'Figures of the day that is replayed, as `fleetlab import` writes them: `run` says how far it is from them.',
    ),
  slo: sloSchema.prefault({}).describe('What goodput means.'),
  collapse: collapseSchema.prefault({}).describe('When a run counts as collapsed, model by model.'),
  verdict: verdictSchema.prefault({}).describe('What counts as equal in a comparison.'),
  upstream: upstreamSchema.prefault('openrouter'),
  coordinator: coordinatorSettingsSchema
    .prefault({})
    .describe('Settings of the coordinator, under the real names without the prefix.'),
  mac: macSettingsSchema.prefault({}).describe('Settings of the provider program and of the Mac model.'),
  physics: physicsSchema.optional(),
  network: z
    .strictObject({
      // Assumed: nothing is published; a home line to a cloud region on the same continent.
      one_way: durationWithin('0', '60s').prefault('30ms').describe('Delay of every message, one way.'),
      jitter: durationWithin('0', '10s')
        .prefault('0s')
        .describe(
          'Mean of an extra delay of every message, exponential; messages of one connection still arrive in order. Assumed: none.',
        ),
    })
    .prefault({})
    .describe('The wires.'),
  policies: z.array(armSchema).default([]).describe('Arms of compare and check; the first is the baseline.'),
  policy: z
    .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
    .optional()
    .describe('Values of the parameters that policies declare; an arm may set its own.'),
  timeline: z.array(timelineEntrySchema).default([]).describe('What happens when.'),
  expect: z.array(expectationSchema).default([]).describe('What check holds the results to.'),
})

/** As parsed: units are numbers, defaults are filled in, names are still names. */
export type ScenarioDocument = z.output<typeof scenarioSchema>
