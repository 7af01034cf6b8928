/** The written state: every recorded one is read whole, and brings a registry to what it describes. */
import { describe, expect, it } from 'vitest'
import type { BuildId, MachineIndex, ProviderId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import { coordinatorSettingsSchema } from '../../../sim/coordinator/config.ts'
import { decideDocumentSchema, machineSchema, settingsWritten } from '../../../sim/coordinator/document/format.ts'
import { bringInForce, catalogOf, messagesOf, PlacedIds } from '../../../sim/coordinator/document/machine.ts'
import { Registry } from '../../../sim/coordinator/view/registry.ts'
import { recordedLines, recordedStates } from './recorded.ts'

const NOW = 1_000_000_000 as Micros
const SETTINGS = coordinatorSettingsSchema.parse({})

const aMachine = (more: object) =>
  machineSchema.parse({
    serial: 'S0',
    version: '0.7.0',
    chip_family: 'M4',
    memory_gb: 64,
    memory_bandwidth_gbs: 400,
    models: [{ build: 'a' }],
    ...more,
  })

function registered(more: object) {
  const registry = new Registry(
    undefined,
    () => NOW,
    () => SETTINGS,
  )
  const machine = aMachine(more)
  const [registration, ...heartbeats] = messagesOf(machine)
  const record = registry.register(0 as ProviderId, 0 as MachineIndex, registration)
  for (const heartbeat of heartbeats) registry.heartbeat(record, heartbeat)
  bringInForce(registry, record, machine, new PlacedIds(), NOW)
  return { record, offer: registry.offerOf(record, 'a' as BuildId) }
}

describe('fleetlab.decide/1', () => {
  it('reads every recorded state whole: nothing in it is unknown to the schema, no default stands in', () => {
    for (const name of ['states-rich', 'states-plain', 'states-wild'] as const) {
      for (const line of recordedLines(name)) {
        expect(decideDocumentSchema.parse(line)).toMatchObject(line as object)
      }
    }
  })

  it('takes the settings of every recorded state', () => {
    for (const state of recordedStates('states-rich')) {
      const settings = coordinatorSettingsSchema.parse(settingsWritten(state))
      expect(settings).toMatchObject({ ...state.settings, preset: '2026-06-21' })
      expect(settings.PROMPT_CALIBRATION).toEqual({})
    }
  })

  it('refuses a key it does not know, however deep', () => {
    expect(machineSchema.safeParse({ ...aMachine({}), colour: 'grey' }).success).toBe(false)
    expect(machineSchema.safeParse({ ...aMachine({}), heartbeats: [{ mood: 1 }] }).success).toBe(false)
  })

  it('puts breakers, cooldowns and loads in force for good', () => {
    const { record, offer } = registered({
      breaker_open: true,
      load_cooldown: ['a'],
      error_cooldown: [{ build: 'a', shape: 'tools' }],
      pending_load: 'a',
    })
    const later = 1e15
    expect(record.breakerOpenUntil).toBeGreaterThan(later)
    expect(offer.loadCooldownUntil).toBeGreaterThan(later)
    expect(offer.errorCooldownUntil.tools).toBeGreaterThan(later)
    expect(offer.errorCooldownUntil.base).toBeLessThan(NOW)
    expect([record.pendingLoad, record.pendingLoadUntil > later]).toEqual(['a', true])
  })

  it('counts requests already placed, and those only', () => {
    const pending = [
      { build: 'a', prompt_tokens: 100, max_tokens: 50 },
      { build: 'b', prompt_tokens: 7, max_tokens: 0 },
    ]
    const { record, offer } = registered({ pending })
    expect([record.pending.size, offer.pendingCount, offer.pendingTokens]).toEqual([2, 1, 150])
  })

  it('lets a lapsed challenge and the verdict `untrusted` outlive heartbeats', () => {
    const { record } = registered({ challenge: 'stale', untrusted: true, heartbeats: [{ status: 'serving' }] })
    expect(record.challengeFreshUntil).toBe(-Infinity)
    expect(record.status).toBe('untrusted')
    expect(registered({}).record.challengeFreshUntil).toBe(Infinity)
  })

  it('has no catalogue where the document has none', () => {
    const states = recordedStates('states-plain')
    expect(states.some((state) => state.catalog === null && catalogOf(state) === undefined)).toBe(true)
  })
})
