/**
 * Rows of the coordinator's ledger as rows of the trace: what it decided for the requests of ours that they could be tied to.
 * A ledger tells less than a run writes. What it leaves open stands as 0 (as -1 where the column has that word) and is
 * named, column by column, with how often; a row that would be mostly that is not written.
 */
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../../base/ids.ts'
import type { DecisionRow } from '../../trace/row.ts'
import type { Sighting } from '../witness.ts'
import { connectionsByName } from './connections-by-name.ts'
import type { ExportedRow } from './exported-table.ts'
import { ENDINGS, isErrorText, isReason, isSlotState, outcomeOf, phaseOf, priceOf } from './ledger-words.ts'
import type { LedgerEntry, LedgerTie } from './ties.ts'
import { type Placed, type RequestPlaces, WrittenRows } from './written-rows.ts'

export interface LedgerMac {
  readonly serial: string
  readonly chip: string
  readonly memory_gb: number
}

export interface LedgerRowsParts {
  readonly rows: WrittenRows
  readonly ties: readonly LedgerTie[]
  readonly sightings: readonly Sighting[]
  readonly began_us: number
  /** Connections of Macs of ours, and Macs that the trace names. */
  readonly providers: number
  readonly machines: number
}

export interface LedgerRowsWritten {
  /** Columns that the ledger left open, as `decision.nearTies`, and in how many rows. */
  readonly unknown: { readonly [column: string]: number }
  /** Macs that the ledger names and that are none of ours, in the order of their numbers, after ours. */
  readonly others: readonly LedgerMac[]
  readonly decisions: number
  readonly priced: number
  /** Rows of the ledger whose time lies outside what clients and Macs saw by more than a second; they stand at its edge. */
  readonly moved: number
}

const SECOND = 1_000_000
const TIMED_OUT = 504
const OK = 200
/** At these stages a machine has been looked for. */
const LOOKED: ReadonlySet<string> = new Set(['routing_ttft', 'queue', 'dispatch'])
const AT_THE_DOOR = 'preflight_capacity'

export function addLedgerRows(parts: LedgerRowsParts): LedgerRowsWritten {
  return new LedgerRows(parts).write()
}

class LedgerRows {
  readonly #parts: LedgerRowsParts
  readonly #unknown = new Map<string, number>()
  readonly #sightings = new Map<RequestId, readonly Sighting[]>()
  /** The ledger's names of Macs. */
  readonly #ours: ReadonlyMap<string, ProviderId>
  readonly #others = new Map<string, { readonly provider: ProviderId; readonly mac: LedgerMac; first: Placed }>()
  #decisions = 0
  #priced = 0
  #moved = 0

  constructor(parts: LedgerRowsParts) {
    this.#parts = parts
    for (const sighting of parts.sightings) {
      const before = this.#sightings.get(sighting.request) ?? []
      this.#sightings.set(sighting.request, [...before, sighting])
    }
    this.#ours = connectionsByName(parts.ties, this.#sightings)
  }

  write(): LedgerRowsWritten {
    for (const { request, entry } of this.#parts.ties) {
      const places = this.#parts.rows.placesOf(request)
      if (places !== undefined) this.#entry(request, entry, places)
    }
    const { rows, machines } = this.#parts
    let place = machines
    for (const { provider, mac, first } of this.#others.values()) {
      const machine = place++ as MachineIndex
      // It was there at the latest when it was first chosen.
      rows.add(first, { kind: 'registered', at: first.at, provider, machine, ...mac }, -1)
    }
    return {
      unknown: Object.fromEntries([...this.#unknown].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      others: [...this.#others.values()].map(({ mac }) => mac),
      decisions: this.#decisions,
      priced: this.#priced,
      moved: this.#moved,
    }
  }

  #entry(request: RequestId, entry: LedgerEntry, places: RequestPlaces): void {
    const seen = (this.#sightings.get(request) ?? []).filter(({ attempt }) => places.dispatched[attempt] !== undefined)
    const free = new Set(seen)
    /** Of attempts that no Mac of ours has seen. */
    let number = seen.length
    let low = places.arrived
    for (const row of entry.routes) {
      const named = row.text('provider_id')
      const mac = named === undefined ? undefined : this.#ours.get(named)
      const sighting = [...free].find(({ provider }) => provider === mac)
      if (sighting !== undefined) {
        free.delete(sighting)
        low = this.#seen(row, sighting, { request, places, low })
      } else if (named === undefined) this.#nobody(row, number, { request, places, low })
      else low = this.#unseen(row, number++, mac ?? this.#other(named, row), { request, places, low })
    }
    if (entry.rejection !== undefined) this.#rejection(entry.rejection, number, { request, places, low })
  }

  /** A Mac of ours was handed it. Returns the place after which the next attempt comes. */
  #seen(row: ExportedRow, { attempt, provider }: Sighting, at: Asked): number {
    const { rows } = this.#parts
    const dispatched = at.places.dispatched[attempt]!
    const placed = this.#place(row, 'created_at', at.low, dispatched)
    this.#decide(row, placed, { attempt, provider, request: at.request, isBackup: at.places.backups.has(attempt) })
    const state = row.text('slot_state')
    rows.change(dispatched, (each) => {
      if (each.kind !== 'dispatched') return each
      return { ...each, slotState: isSlotState(state) ? state : each.slotState }
    })
    const ended = at.places.attemptEnded[attempt]
    // A Mac cannot tell one whose time was up from one whose client had gone.
    if (ended !== undefined && row.text('final_status') === 'timeout')
      rows.change(ended, (each) =>
        each.kind === 'attempt_ended' && each.outcome === 'cancelled'
          ? { ...each, outcome: 'timeout', code: TIMED_OUT }
          : each,
      )
    return dispatched
  }

  /** No Mac of ours was: all that is known of it is here. */
  #unseen(row: ExportedRow, attempt: number, provider: ProviderId, { request, places, low }: Asked): number {
    const { rows } = this.#parts
    const outcome = ENDINGS[row.text('final_status') ?? ''] ?? 'error'
    const hasText = row.text('final_status') === 'partial_success' || outcome === 'success'
    const high = hasText && places.firstToken >= 0 ? places.firstToken : places.ended
    const decided = this.#place(row, 'created_at', low, high)
    this.#decide(row, decided, { attempt, provider, request, isBackup: undefined })
    const other = [...this.#others.values()].find((each) => each.provider === provider)
    if (other !== undefined && isBefore(decided, other.first)) other.first = decided
    const build = (row.text('model') ?? '') as BuildId
    const state = row.text('slot_state')
    const took_ms = row.number('dispatch_to_first_chunk_ms')
    const sent =
      hasText && places.firstToken >= 0 && took_ms !== undefined
        ? rows.between(decided.after, high, Math.max(decided.at, rows.timeAt(high) - took_ms * 1_000))
        : decided
    this.#count('dispatched.backup', true)
    this.#count('dispatched.slotState', !isSlotState(state))
    rows.add(sent, {
      kind: 'dispatched',
      at: sent.at,
      request,
      attempt,
      provider,
      build,
      slotState: isSlotState(state) ? state : 'unknown',
      backup: false,
    })
    const floor = hasText && places.firstToken >= 0 ? places.firstToken : sent.after
    const over = this.#place(row, 'updated_at', floor, places.ended)
    const end = over.after > sent.after || over.at >= sent.at ? over : sent
    const text = row.text('error_reason') ?? ''
    rows.add(end, {
      kind: 'attempt_ended',
      at: end.at,
      request,
      attempt,
      provider,
      outcome,
      code: outcome === 'success' ? OK : (row.count('error_code') ?? -1),
      text: isErrorText(text) ? text : '',
      promptTokens: row.count('prompt_tokens') ?? 0,
      completionTokens: row.count('completion_tokens') ?? 0,
    })
    if (hasText) this.#won(attempt, places)
    return sent.after
  }

  /** The client's rows did not know which attempt it was. */
  #won(attempt: number, { firstToken, ended }: RequestPlaces): void {
    const { rows } = this.#parts
    if (firstToken >= 0) rows.change(firstToken, (row) => (row.kind === 'first_token' ? { ...row, attempt } : row))
    if (ended < rows.end)
      rows.change(ended, (row) => (row.kind === 'ended' && row.outcome === 'served' ? { ...row, attempt } : row))
  }

  #nobody(row: ExportedRow, attempt: number, { request, places, low }: Asked): void {
    const placed = this.#place(row, 'created_at', low, places.ended)
    this.#decide(row, placed, { attempt, provider: undefined, request, isBackup: undefined })
  }

  /** The door's own word for it, which an answer need not say. */
  #rejection(row: ExportedRow, attempt: number, { request, places, low }: Asked): void {
    const { rows } = this.#parts
    const reason = row.text('reason_code')
    if (places.ended < rows.end && isReason(reason))
      rows.change(places.ended, (each) =>
        each.kind === 'ended' && each.outcome === 'rejected' ? { ...each, reason } : each,
      )
    const stage = row.text('stage') ?? ''
    const placed = this.#place(row, 'created_at', low, places.ended)
    if (stage === AT_THE_DOOR) {
      this.#decisions += 1
      this.#count('preflight.poolRejections', true)
      rows.add(placed, {
        kind: 'preflight',
        at: placed.at,
        request,
        build: (row.text('resolved_model') ?? '') as BuildId,
        outcome: 'rejected',
        ...this.#counted('preflight', row),
        poolRejections: -1,
      })
    } else if (LOOKED.has(stage)) {
      this.#decisions += 1
      rows.add(placed, {
        ...this.#decision(row, (row.text('resolved_model') ?? '') as BuildId),
        at: placed.at,
        request,
        attempt,
        phase: 'select',
        outcome: 'rejected',
        provider: -1,
      })
    }
  }

  #decide(row: ExportedRow, { after, at }: Placed, { request, attempt, provider, isBackup }: Decided): void {
    const { rows } = this.#parts
    this.#decisions += 1
    rows.add(
      { after, at },
      {
        ...this.#decision(row, (row.text('model') ?? '') as BuildId),
        at,
        request,
        attempt,
        phase: phaseOf(row, attempt, isBackup),
        outcome: outcomeOf(row, attempt, provider),
        provider: provider ?? -1,
      },
    )
    if (provider === undefined) return
    const price = priceOf(row)
    if (price === undefined) return
    this.#priced += 1
    rows.add({ after, at }, { kind: 'priced', at, request, attempt, provider, ...price })
  }

  #decision(
    row: ExportedRow,
    build: BuildId,
  ): Omit<DecisionRow, 'at' | 'request' | 'attempt' | 'phase' | 'outcome' | 'provider'> {
    // No column of June's ledger tells them.
    this.#count('decision.recheck', true)
    this.#count('decision.nearTies', true)
    return {
      kind: 'decision',
      build,
      recheck: '',
      ...this.#counted('decision', row),
      visionRejections: this.#known('decision.visionRejections', row.count('vision_rejections')),
      ttftRejections: this.#known('decision.ttftRejections', row.count('ttft_rejections')),
      nearTies: 0,
    }
  }

  #counted(
    kind: 'decision' | 'preflight',
    row: ExportedRow,
  ): Pick<DecisionRow, 'candidates' | 'capacityRejections' | 'tooLargeRejections' | 'bestTtft_ms'> {
    const best = row.number('best_ttft_ms')
    return {
      candidates: this.#known(`${kind}.candidates`, row.count('candidate_count')),
      capacityRejections: this.#known(`${kind}.capacityRejections`, row.count('capacity_rejections')),
      tooLargeRejections: this.#known(`${kind}.tooLargeRejections`, row.count('model_too_large_rejections')),
      bestTtft_ms: this.#known(`${kind}.bestTtft_ms`, best, -1),
    }
  }

  #known(column: string, value: number | undefined, open = 0): number {
    this.#count(column, value === undefined)
    return value ?? open
  }

  #count(column: string, isOpen: boolean): void {
    if (isOpen) this.#unknown.set(column, (this.#unknown.get(column) ?? 0) + 1)
  }

  #place(row: ExportedRow, column: string, low: number, high: number): Placed {
    const { rows, began_us } = this.#parts
    const written = row.time_us(column)
    // Without a time of its own it comes as late as it can.
    const wanted = written === undefined ? rows.timeAt(Math.max(low, high - 1)) : written - began_us
    const placed = rows.between(low, high, wanted)
    if (Math.abs(placed.at - wanted) > SECOND) this.#moved += 1
    return placed
  }

  #other(name: string, row: ExportedRow): ProviderId {
    const known = this.#others.get(name)
    if (known !== undefined) return known.provider
    const provider = (this.#parts.providers + this.#others.size) as ProviderId
    const chip = (row.text('hardware_chip') ?? 'unknown').replace(/^Apple /, '')
    const mac = { serial: name, chip, memory_gb: row.number('memory_gb') ?? 0 }
    this.#others.set(name, { provider, mac, first: { after: Infinity, at: Infinity as Placed['at'] } })
    return provider
  }
}

interface Asked {
  readonly request: RequestId
  readonly places: RequestPlaces
  /** What is told of next comes after the row there. */
  readonly low: number
}

interface Decided {
  readonly request: RequestId
  readonly attempt: number
  /** undefined: nobody was found. */
  readonly provider: ProviderId | undefined
  /** undefined: nobody saw. */
  readonly isBackup: boolean | undefined
}

const isBefore = (a: Placed, b: Placed): boolean => a.after < b.after || (a.after === b.after && a.at < b.at)
