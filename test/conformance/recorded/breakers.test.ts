/** The recorded breakers: one machine and one build, and what is open or cooling after each step (recorded/README.md). */
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { BuildId, MachineIndex, ProviderId } from '../../../sim/base/ids.ts'
import { microsFromSeconds, type Micros } from '../../../sim/base/time.ts'
import { Breakers } from '../../../sim/coordinator/view/breakers.ts'
import { coordinatorSettingsSchema } from '../../../sim/coordinator/config.ts'
import { registrationOf } from '../../../sim/coordinator/document/machine.ts'
import { machineSchema } from '../../../sim/coordinator/document/format.ts'
import { breakerOpen } from '../../../sim/coordinator/decide/gates.ts'
import { Registry } from '../../../sim/coordinator/view/registry.ts'
import { recordedLines } from './recorded.ts'

const stepSchema = z.strictObject({
  kind: z.enum(['served', 'failed', 'load_failed']),
  after_s: z.number(),
  code: z.number(),
  capacity_class: z.boolean(),
  shape: z.enum(['base', 'tools']),
  after: z.strictObject({
    breaker_open: z.boolean(),
    error_cooldown_tools: z.boolean(),
    error_cooldown_base: z.boolean(),
    load_cooldown: z.boolean(),
  }),
})

type Step = z.output<typeof stepSchema>

/** The recorded name is `then`, which would make a promise of a step. */
const stepsOf = (line: unknown): Step[] =>
  z
    .array(z.record(z.string(), z.unknown()))
    .parse(line)
    .map(({ then: after, ...step }) => stepSchema.parse({ ...step, after }))

const machine = machineSchema.parse({
  serial: 'S0',
  version: '0.7.0',
  chip_family: 'M4',
  account: null,
  memory_gb: 64,
  memory_bandwidth_gbs: 546,
  models: [{ build: 'a' }],
})

/** What is open or cooling after each step. */
function played(steps: readonly Step[]): Step['after'][] {
  const settings = coordinatorSettingsSchema.parse({})
  let now = microsFromSeconds(1_000)
  const registry = new Registry(
    undefined,
    () => now,
    () => settings,
  )
  const provider = registry.register(0 as ProviderId, 0 as MachineIndex, registrationOf(machine))
  const offer = registry.offerOf(provider, 'a' as BuildId)
  const breakers = new Breakers(() => settings)
  return steps.map(({ kind, after_s, code, capacity_class: capacityClass, shape }) => {
    now = (now + microsFromSeconds(after_s)) as Micros
    if (kind === 'served') breakers.served(offer, shape, now)
    else breakers.failed(offer, shape, { code, capacityClass, loadCooldown: kind === 'load_failed' }, now)
    return {
      breaker_open: breakerOpen(provider, now),
      error_cooldown_tools: offer.errorCooldownUntil.tools > now,
      error_cooldown_base: offer.errorCooldownUntil.base > now,
      load_cooldown: offer.loadCooldownUntil > now,
    }
  })
}

it('breakers and cooldowns stand after each of the 15,000 recorded steps as those of the real coordinator', () => {
  const sequences = recordedLines('breakers').map(stepsOf)
  expect(sequences.flat()).toHaveLength(15_000)
  for (const [line, steps] of sequences.entries()) {
    expect(played(steps), `line ${line + 1}`).toEqual(steps.map(({ after }) => after))
  }
})
