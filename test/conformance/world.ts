/**
 * Given / when / then for the conformance tests: a coordinator with a clock of its own, machines described as the facts
 * describe them, and what a request met read from the trace. Nothing here looks inside the coordinator: machines and
 * clients send messages, and decisions are what the trace, the answers, the messages out and the explanation say.
 *
 * The machine that nobody describes is the facts' own (coordinator-routing §15): hardware trust, fresh challenge, memory
 * pressure .1, cpu .1, nominal, 64 GB, one slot of its model in state running with nothing in it.
 */
import type { BuildId, ProviderId, RequestId } from '../../sim/base/ids.ts'
import type { ProviderVerdict } from '../../sim/coordinator/decide/decision.ts'
import type { AliasSetting } from '../../sim/coordinator/ports.ts'
import type {
  AdvertisedModel,
  Answer,
  Heartbeat,
  ProviderErrorText,
  RequestView,
  SlotReport,
} from '../../sim/protocol/index.ts'
import type { DecisionPhase, DecisionRow, PreflightRow, PricedRow } from '../../sim/trace/row.ts'
import { advertised, type RegisteredSpec, registrationOf } from '../coordinator/a-registration.ts'
import { A, type SettingsInput, slot as idleSlot, World, type WorldOptions } from '../coordinator/world.ts'

export { onDisk } from '../coordinator/a-registration.ts'
export { A, B, build, entry, type SettingsInput } from '../coordinator/world.ts'

export interface MacSpec extends RegisteredSpec {
  readonly slots?: readonly Slot[]
  /** `legacy`: heartbeats without a capacity report. `unheard`: registered only. */
  readonly reports?: 'capacity' | 'legacy' | 'unheard'
  readonly gpuActive_gb?: number
  readonly free_gb?: number
  readonly pressure?: number
  readonly cpu?: number
  readonly thermal?: Heartbeat['thermalState']
  readonly active?: BuildId
  readonly warm?: readonly BuildId[]
}

export type Slot = Partial<SlotReport>

/** A slot of model A in state running, nothing in it, unless said otherwise. */
export const slot = (more: Slot = {}): SlotReport => idleSlot(more.model ?? A, { state: 'running', ...more })

/** [candidates, rejected for lack of room, too large], as the facts write it. */
export type Counts = readonly [candidates: number, capacity: number, tooLarge: number]

/** A decision with the price of the machine it chose, if it chose one. */
export type Priced = DecisionRow & Omit<PricedRow, 'kind' | 'provider'>

export interface Outcome {
  readonly id: RequestId
  /** The quick check at the door. */
  readonly preflight: Counts
  /** The selection behind it; undefined when the request was refused at the door. */
  readonly counts: Counts | undefined
  readonly door: PreflightRow
  readonly row: Priced | undefined
  /** Who got it. */
  readonly provider: ProviderId | undefined
  readonly answer: Omit<Answer, 'request'> | undefined
}

const countsOf = (row: DecisionRow | PreflightRow): Counts => [
  row.candidates,
  row.capacityRejections,
  row.tooLargeRejections,
]

const TEXT: ProviderErrorText = 'All requests aborted'

export interface StoryOptions extends Omit<WorldOptions, 'aliases' | 'explain'> {
  readonly aliases?: readonly (Partial<AliasSetting> & { readonly name: string })[]
  /** Off where thousands of requests would be explained to nobody. */
  readonly explained?: boolean
}

/**
 * Out of the way of stories that are not about them: decisions take no time, and machines need not repeat themselves.
 * `june` brings both back.
 */
const quiet: SettingsInput = { decision: { service: 0 }, EVICTION_TIMEOUT: '8000h' }
export const june: SettingsInput = { decision: undefined, EVICTION_TIMEOUT: undefined }

export class Story extends World {
  private machines = 0
  private readonly specs = new Map<ProviderId, MacSpec>()

  constructor(options: StoryOptions = {}) {
    const { aliases = [], explained = true, settings, ...rest } = options
    super({
      ...rest,
      settings: { ...quiet, ...settings },
      aliases: aliases.map(({ name, desired = '', previous = '', retired = [] }) => ({
        name,
        desired,
        previous,
        retired,
      })),
      ...(explained ? { explain: Array.from({ length: 100 }, (_, index) => index) } : {}),
    })
  }

  /** A machine connects, registers and (unless unheard) sends its first heartbeat. */
  given(spec: MacSpec = {}): ProviderId {
    const id = this.machines as ProviderId
    this.machines += 1
    this.specs.set(id, { serial: `mac-${id}`, ...spec })
    this.coordinator.connected(id)
    this.coordinator.onProvider(id, registrationOf({ ...spec, serial: this.serialOf(id) }, buildsOf(spec)))
    if (spec.reports !== 'unheard') this.hears(id)
    return id
  }

  /** The same machine so many times. */
  givenMany(count: number, spec: MacSpec = {}): ProviderId[] {
    return Array.from({ length: count }, () => this.given(spec))
  }

  serialOf(provider: ProviderId): string {
    return this.specs.get(provider)!.serial!
  }

  /** A heartbeat: what the machine said last, with these changes. */
  hears(provider: ProviderId, change: MacSpec = {}): void {
    const spec = { ...this.specs.get(provider)!, ...change }
    this.specs.set(provider, spec)
    const slots = (spec.slots ?? [{ model: buildsOf(spec)[0]!.build }]).map(slot)
    const resident = slots.filter((each) => each.state === 'running' || each.state === 'idle')
    this.coordinator.onProvider(provider, {
      kind: 'heartbeat',
      status: 'idle',
      activeModel: spec.active,
      warmModels: spec.warm ?? resident.map((each) => each.model),
      memoryPressure: spec.pressure ?? 0.1,
      cpuUsage: spec.cpu ?? 0.1,
      thermalState: spec.thermal ?? 'nominal',
      capacity:
        spec.reports === 'legacy'
          ? undefined
          : {
              totalMemory_gb: spec.memory_gb ?? 64,
              gpuMemoryActive_gb: spec.gpuActive_gb ?? 0,
              gpuMemoryPeak_gb: spec.gpuActive_gb ?? 0,
              gpuMemoryCache_gb: 0,
              freeForLoad_gb: spec.free_gb,
              slots,
            },
    })
  }

  /** A request arrives and is decided on: prompt 100, at most 256 tokens, model A, unless said otherwise. */
  when(view: Partial<RequestView> = {}): Outcome {
    const id = this.ask(view)
    this.pass(0)
    return this.outcomeOf(id)
  }

  /** `count` requests that only this machine may serve arrive and stay with it. */
  busyWith(provider: ProviderId, count: number, view: Partial<RequestView> = {}): RequestId[] {
    const serials = [this.serialOf(provider)]
    return Array.from({ length: count }, () => this.when({ serials, ...view }).id)
  }

  outcomeOf(id: RequestId): Outcome {
    const door = this.rowsOf('preflight').find((row) => row.request === id)!
    const row = this.decisionsOn(id, 'select')[0]
    const chosen = this.dispatches(id).at(-1)
    return {
      id,
      preflight: countsOf(door),
      counts: row === undefined ? undefined : countsOf(row),
      door,
      row,
      provider: chosen,
      answer: this.ending(id),
    }
  }

  decisionsOn(id: RequestId, phase: DecisionRow['phase']): Priced[] {
    const prices = this.rowsOf('priced')
    return this.rowsOf('decision').flatMap((row) => {
      if (row.request !== id || row.phase !== phase) return []
      const price = prices.find(
        ({ at, request, attempt }) => at === row.at && request === id && attempt === row.attempt,
      )
      return [{ ...price, ...row } as Priced]
    })
  }

  /** The machine that has the request fails it. */
  fails(id: RequestId, code = 500, text: ProviderErrorText = TEXT): void {
    const last = this.rowsOf('dispatched').findLast((row) => row.request === id)!
    this.errs(last.provider, id, code, text, last.attempt)
    this.pass(0)
  }

  /** The machine that has the request serves it. */
  serves(id: RequestId): void {
    const last = this.rowsOf('dispatched').findLast((row) => row.request === id)!
    this.says(last.provider, 'first_content', id, last.attempt)
    this.completes(last.provider, id, last.attempt)
    this.pass(0)
  }

  /** What the explanation of the request's last selection says of this machine. */
  verdictOn(id: RequestId, provider: ProviderId, phase: DecisionPhase = 'select'): ProviderVerdict {
    const note = this.notes.findLast((each) => each.kind === 'decision' && each.request === id && each.phase === phase)
    if (note?.kind !== 'decision') throw new Error(`no ${phase} decision on request ${id} is explained`)
    return note.verdicts.find((verdict) => verdict.provider === provider)!
  }

  /** `winner`, `dearer` … or the reason why it was passed over. */
  fateOf(id: RequestId, provider: ProviderId, phase: DecisionPhase = 'select'): string {
    const verdict = this.verdictOn(id, provider, phase)
    return verdict.kind === 'candidate' ? verdict.fate : verdict.drop
  }

  /** What the last selection thought this candidate costs, term by term. */
  costOn(id: RequestId, provider: ProviderId, phase: DecisionPhase = 'select') {
    const verdict = this.verdictOn(id, provider, phase)
    if (verdict.kind === 'dropped') throw new Error(verdict.why)
    return verdict.breakdown
  }
}

const buildsOf = (spec: MacSpec): AdvertisedModel[] => advertised(spec, A)
