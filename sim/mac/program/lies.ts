/**
 * A Mac that says of itself what is not so: claims that replace parts of its messages on their way out, and nothing
 * else. What it holds, does and writes into the trace as truth is that of an honest one, so a dispatch it attracted meets the real
 * program: it loads, serves slowly or refuses. Results of loads and of requests are told truthfully.
 */
import type { BuildId } from '../../base/ids.ts'
import {
  blankSlotReport,
  type CapacityReport,
  type Heartbeat,
  type Registration,
  type SlotReport,
} from '../../protocol/index.ts'
import { CPU_IDLE } from './capacity.ts'
import type { Claim } from './lies/config.ts'
import type { MacOptions } from '../machine.ts'
import type { ModelOffer } from './offer.ts'

const GIB = 2 ** 30

const isLoaded = ({ state }: SlotReport): boolean => state === 'running' || state === 'idle'

export class Lies {
  /** Heartbeats that lied so far. */
  private told = 0

  constructor(
    private readonly options: MacOptions,
    private readonly offer: Pick<ModelOffer, 'show'>,
  ) {}

  registration(truth: Registration): Registration {
    const { lies, modelOf } = this.options
    if (lies === undefined || !this.lying) return truth
    const { advertises, max_model_slots } = lies.registers
    const models = advertises?.flatMap((build) => modelOf(build as BuildId) ?? [])
    return {
      ...truth,
      ...(models === undefined ? {} : { models: models.map((model) => this.offer.show(model)) }),
      ...(max_model_slots === undefined ? {} : { maxModelSlots: max_model_slots }),
    }
  }

  heartbeat(truth: Heartbeat): Heartbeat {
    const claims = this.options.lies?.heartbeats ?? []
    if (claims.length === 0 || !this.lying) return truth
    const claim = claims[this.told++ % claims.length]!
    const beat = claim.idle === true ? restful(truth) : truth
    const told = claim.slots === undefined ? beat : withSlots(beat, claim.slots)
    const { capacity } = told
    return {
      ...told,
      activeModel: (claim.active_model as BuildId | undefined) ?? told.activeModel,
      thermalState: claim.thermal_state ?? told.thermalState,
      capacity: capacity === undefined ? undefined : withFigures(capacity, claim),
    }
  }

  private get lying(): boolean {
    const { lies, scheduler } = this.options
    return lies !== undefined && scheduler.now >= lies.from && (lies.until === undefined || scheduler.now < lies.until)
  }
}

/** As it would be with nothing to do. */
function restful(beat: Heartbeat): Heartbeat {
  const rested = beat.capacity?.slots.map((slot) => ({
    ...slot,
    state: slot.state === 'running' ? ('idle' as const) : slot.state,
    running: 0,
    waiting: 0,
    activeTokens: 0,
    maxTokensPotential: 0,
    activeTokenBudgetUsed: 0,
    queuedTokenBudget: 0,
  }))
  return {
    ...beat,
    status: 'idle',
    memoryPressure: 0,
    cpuUsage: CPU_IDLE,
    thermalState: 'nominal',
    capacity: rested === undefined ? undefined : { ...beat.capacity!, gpuMemoryActive_gb: 0, slots: rested },
  }
}

/** Figures of a slot that is there come from the truth, the others are zero. */
function withSlots(beat: Heartbeat, claimed: NonNullable<Claim['slots']>): Heartbeat {
  const known = beat.capacity?.slots ?? []
  const slots = claimed.map(({ model, state, running, waiting }): SlotReport => {
    const build = model as BuildId
    return {
      ...(known.find((slot) => slot.model === build) ?? blankSlotReport(build, 'idle')),
      state,
      running,
      waiting,
    }
  })
  const warm = slots.filter(isLoaded).map((slot) => slot.model)
  return {
    ...beat,
    status: slots.some((slot) => slot.running > 0) ? 'serving' : beat.status,
    activeModel: warm[0],
    warmModels: warm.toSorted(),
    capacity: beat.capacity === undefined ? undefined : { ...beat.capacity, slots },
  }
}

function withFigures(capacity: CapacityReport, claim: Claim): CapacityReport {
  const { free_for_load, token_budget, decode_tps, max_concurrency } = claim
  return {
    ...capacity,
    freeForLoad_gb: free_for_load === undefined ? capacity.freeForLoad_gb : free_for_load / GIB,
    slots: capacity.slots.map((slot) => ({
      ...slot,
      activeTokenBudgetMax: token_budget ?? slot.activeTokenBudgetMax,
      observedDecodeTps: decode_tps ?? slot.observedDecodeTps,
      maxConcurrency: max_concurrency ?? slot.maxConcurrency,
    })),
  }
}
