/**
 * What a Mac says of itself that is not so: `lies:` of a fleet entry. A key left out is told truthfully. The coordinator
 * clamps what it hears (CR-1.1, 1.2) and otherwise believes it. CR-* cite coordinator-routing.md by section.
 */
import { z } from 'zod'
import { bytes, duration, name, wholeWithin, within } from '../../../base/config.ts'

const SLOT_STATES = ['running', 'idle', 'idle_shutdown', 'reloading', 'crashed'] as const
const THERMAL_STATES = ['nominal', 'fair', 'serious', 'critical'] as const

const build = () => name()
const count = () => wholeWithin(0, 1_000_000_000)

const slotSchema = z.strictObject({
  model: build().describe('Whether it holds it or not.'),
  state: z.enum(SLOT_STATES).prefault('idle').describe('Of the slot.'),
  running: count().prefault(0).describe('Requests at work.'),
  waiting: count().prefault(0).describe('Requests that wait.'),
})

const claimSchema = z
  .strictObject({
    active_model: build().optional().describe('Absent while `slots` is told: the first of them that is loaded.'),
    slots: z.array(slotSchema).optional().describe('All its slots; the warm list follows. Empty: nothing is resident.'),
    idle: z
      .literal(true)
      .optional()
      .describe('No request at work or waiting, no token reserved, no pressure, a cool chip.'),
    thermal_state: z.enum(THERMAL_STATES).optional().describe('Told instead of the real one, and of that of `idle`.'),
    free_for_load: bytes().optional().describe('Room to load a model.'),
    token_budget: count().optional().describe('active_token_budget_max of every slot told.'),
    decode_tps: within(0.001, 1_000_000).optional().describe('observed_decode_tps of every slot told, tokens/s.'),
    max_concurrency: count().optional().describe('Of every slot told; 0 counts as unreported (CR-1.2).'),
  })
  .refine((claim) => Object.values(claim).some((value) => value !== undefined), { error: 'claims nothing' })

export const liesSchema = z
  .strictObject({
    from: duration().prefault(0).describe('Nothing said earlier is a lie.'),
    until: duration().optional().describe('Nothing said from then on is one. Absent: it never stops.'),
    registers: z
      .strictObject({
        advertises: z.array(build()).min(1).optional().describe('Builds, in advertised order, on the disk or not.'),
        max_model_slots: wholeWithin(1, 1_000).optional().describe('How many models it keeps at once.'),
      })
      .prefault({})
      .describe('Told whenever it registers.'),
    heartbeats: z
      .array(claimSchema)
      .prefault([])
      .describe('Told in heartbeats: one claim is told by all of them, several take turns.'),
  })
  .refine(({ until, from }) => until === undefined || until > from, {
    error: 'must come after `from`',
    path: ['until'],
  })
  .refine(({ registers, heartbeats }) => heartbeats.length > 0 || Object.values(registers).some(isGiven), {
    error: 'needs `heartbeats` or something in `registers`',
  })

function isGiven(value: unknown): boolean {
  return value !== undefined
}

export type Claim = z.output<typeof claimSchema>
