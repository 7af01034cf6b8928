/**
 * A decision's look at the columns of one build (candidate-table.ts): the quick check and selection's scan of a plain request,
 * in one pass when nobody needs to be asked about the pool in between. Whoever must be asked is asked in order of
 * registration, after the gates that come before the pool, once for the quick check and once for selection, as the walk does.
 */
import type { BuildId } from '../../../base/ids.ts'
import { kvGib, orDefaultMaxTokens, COLD_HEADROOM_GB } from '../../view/capacity.ts'
import { CandidateTable, FITS_BUDGET, FITS_EMPTY, FITS_FREE, shapeOf } from './candidate-table.ts'
import { Candidates } from './candidates.ts'
import type { Preflight } from '../decision.ts'
import type { Fleet } from '../fleet.ts'
import type { RoutingRequest } from '../../view/provider-record.ts'
import { ASKED, copyCounted, type Counted, type Standing } from './standing.ts'

/** Which of the two checks a pass makes. */
const QUICK = 1
const CHOICE = 2

/** What a pass was made for; while it holds, another one would find the same. */
interface Made {
  table: CandidateTable | undefined
  version: number
  at: number
  shape: number
  promptTokens: number
  maxTokens: number
  maxTtft_ms: number
  settings: unknown
}

/** Nobody in particular: any machine may take it, and no machine of an owner comes first. */
export const isPlain = (request: RoutingRequest): boolean =>
  request.serials === undefined && !request.selfRouteOnly && !request.preferOwner

export class Sweeper {
  private readonly tables = new Map<BuildId, CandidateTable>()
  private readonly found = new Candidates()
  readonly passes = { count: 0 }
  private readonly made: Made = {
    table: undefined,
    version: -1,
    at: -1,
    shape: -1,
    promptTokens: -1,
    maxTokens: -1,
    maxTtft_ms: -1,
    settings: undefined,
  }
  /** Places of excluded providers. */
  private readonly excluded: number[] = []
  private readonly quick: Counted = { capacity: 0, tooLarge: 0, vision: 0, breaker: 0, asked: 0 }
  private readonly choice: Counted = { capacity: 0, tooLarge: 0, vision: 0, breaker: 0, asked: 0 }
  private quickCount = 0
  private quickBest_ms = Infinity
  private allReport = true

  /** §4.2. `promptTokens`: of unknown length already replaced. */
  preflight(fleet: Fleet, request: RoutingRequest, promptTokens: number): Preflight {
    const table = this.tableOf(fleet, request.build)
    if (table === undefined) return { candidates: 0, capacity: 0, tooLarge: 0, bestTtft_ms: -1 }
    table.settle()
    const standing = table.standing(shapeOf(request))
    const isShared =
      standing.quick.asked === 0 &&
      standing.choice.asked === 0 &&
      request.excluded.length === 0 &&
      promptTokens === request.promptTokens
    this.pass(fleet, table, standing, request, promptTokens, isShared ? QUICK | CHOICE : QUICK)
    const { quick } = this
    const best_ns = Math.trunc(this.quickBest_ms * 1e6)
    return {
      candidates: this.quickCount,
      capacity: quick.capacity,
      tooLarge: quick.tooLarge,
      bestTtft_ms: this.allReport && this.quickCount > 0 ? best_ns / 1e6 : -1,
    }
  }

  /** The candidates and what was counted on the way; valid until the next decision. */
  choose(fleet: Fleet, request: RoutingRequest): Candidates {
    const table = this.tableOf(fleet, request.build)
    const { found } = this
    if (table === undefined) {
      found.reset(0)
      return found
    }
    const isSettled = table.settle()
    const standing = table.standing(shapeOf(request))
    const promptTokens = Math.max(0, request.promptTokens)
    if (!isSettled || !this.isMade(fleet, table, request, promptTokens)) {
      this.pass(fleet, table, standing, request, promptTokens, CHOICE)
    }
    // The caller may discount costs in place.
    this.made.table = undefined
    found.offers = table.offers
    found.queue = table.queue
    found.pendingTotal = table.pendingTotal
    found.projectedTps = table.projectedTps
    found.capacity = this.choice.capacity
    found.tooLarge = this.choice.tooLarge
    found.vision = this.choice.vision
    found.breakerRejected = this.choice.breaker
    return found
  }

  /** Brings `poolRefused` of the build's offers up to date; see Offer. */
  recall(build: BuildId): void {
    this.tables.get(build)?.recall()
  }

  private tableOf(fleet: Fleet, build: BuildId): CandidateTable | undefined {
    let table = this.tables.get(build)
    if (table === undefined) {
      const list = fleet.registry.offerList(build)
      if (list === undefined) return undefined
      this.tables.set(build, (table = new CandidateTable(fleet, list, this.passes)))
    }
    return table
  }

  private isMade(fleet: Fleet, table: CandidateTable, request: RoutingRequest, promptTokens: number): boolean {
    const { made } = this
    return (
      made.table === table &&
      made.version === table.list.version &&
      made.at === fleet.now() &&
      made.shape === shapeOf(request) &&
      made.promptTokens === promptTokens &&
      made.maxTokens === request.maxTokens &&
      made.maxTtft_ms === request.maxTtft_ms &&
      made.settings === fleet.settings &&
      request.excluded.length === 0
    )
  }

  private pass(
    fleet: Fleet,
    table: CandidateTable,
    standing: Standing,
    request: RoutingRequest,
    promptTokens: number,
    kinds: number,
  ): void {
    const { made, found } = this
    found.reset(table.size)
    this.quickCount = 0
    this.quickBest_ms = Infinity
    this.allReport = true
    copyCounted(standing.quick, this.quick)
    copyCounted(standing.choice, this.choice)
    this.passes.count += 1
    this.exclude(fleet, table, standing, request, kinds)
    if ((kinds & QUICK) !== 0) standing.lastQuick = this.passes.count
    else standing.lastChoice = this.passes.count
    const asks =
      ((kinds & QUICK) === 0 ? 0 : standing.quick.asked) + ((kinds & CHOICE) === 0 ? 0 : standing.choice.asked)
    made.table = undefined
    this.sweepPlaces(fleet, table, standing, request, promptTokens, kinds, asks > 0)
    if (kinds !== (QUICK | CHOICE)) return
    made.table = table
    made.version = table.list.version
    made.at = fleet.now()
    made.shape = shapeOf(request)
    made.promptTokens = promptTokens
    made.maxTokens = request.maxTokens
    made.maxTtft_ms = request.maxTtft_ms
    made.settings = fleet.settings
  }

  /** Selection alone knows excluded providers. */
  private exclude(
    fleet: Fleet,
    table: CandidateTable,
    standing: Standing,
    { excluded, build }: RoutingRequest,
    kinds: number,
  ): void {
    this.excluded.length = 0
    if ((kinds & CHOICE) === 0) return
    for (const id of excluded) {
      const offer = fleet.registry.get(id)?.offers.get(build)
      if (offer === undefined || offer.place === -1 || this.excluded.includes(offer.place)) continue
      this.excluded.push(offer.place)
      table.passOver(offer)
      standing.uncount(offer.place, this.choice)
    }
  }

  /** Everybody whose answer depends on the request, in order of registration. */
  private sweepPlaces(
    fleet: Fleet,
    table: CandidateTable,
    standing: Standing,
    request: RoutingRequest,
    promptTokens: number,
    kinds: number,
    asks: boolean,
  ): void {
    const { settings, pool } = fleet
    const { found, quick, choice, excluded } = this
    const { quickWords, choiceWords } = standing
    const { base_ms, health_ms, backlog, potential, waiting, pendingTokens, observedTps, slowedTps, family } = table
    const { prefillTps, ttftPrefillTps, statePenalty_ms, coldPenalty_ms, ahead, reports, fits, taken, room } = table
    const { medians } = table
    const { places, cost } = found
    const maxTokens = orDefaultMaxTokens(request.maxTokens)
    const { maxTtft_ms } = request
    const tokens = promptTokens + maxTokens
    const kv_gib = kvGib(tokens)
    const isLong = settings.LONG_PROMPT_TOKENS > 0 && promptTokens >= settings.LONG_PROMPT_TOKENS
    const extraWeight = Math.max(1, settings.LONG_PROMPT_PREFILL_WEIGHT) - 1
    const wantsQuick = (kinds & QUICK) !== 0
    const wantsChoice = (kinds & CHOICE) !== 0
    const skips = wantsChoice && excluded.length > 0
    let count = 0
    let quickCount = 0
    let unfit = 0
    let choiceUnfit = 0
    let late = 0
    let quickBest_ms = Infinity
    let best_ms = Infinity
    let allReport = true
    for (let word = 0; word < quickWords.length; word++) {
      const quickBits = wantsQuick ? quickWords[word]! : 0
      const choiceBits = wantsChoice ? choiceWords[word]! : 0
      let bits = quickBits | choiceBits
      while (bits !== 0) {
        const bit = bits & -bits
        bits ^= bit
        const place = (word << 5) + 31 - Math.clz32(bit)
        const isQuick = (quickBits & bit) !== 0
        const isChoice = (choiceBits & bit) !== 0
        if (skips && excluded.includes(place)) continue
        if (asks) {
          if (standing.pool(place) === ASKED) {
            const offer = table.offers[place]!
            const { provider, build } = offer
            const { allowed } = pool.askFor(isQuick ? 'preflight' : 'select', provider, build, request.id, false)
            offer.poolRefused = !allowed
            offer.poolAnsweredAt = this.passes.count
            if (!allowed) continue
            if (!(isQuick ? standing.isQuickOpen(place, quick) : standing.isChoiceOpen(place, choice))) continue
          }
        }
        const fit = fits[place]!
        if (
          (fit === FITS_BUDGET && taken[place]! + tokens > room[place]!) ||
          (fit === FITS_FREE && room[place]! < taken[place]! + kv_gib) ||
          (fit === FITS_EMPTY && taken[place]! + kv_gib + COLD_HEADROOM_GB > room[place]!)
        ) {
          if (isQuick) unfit += 1
          if (isChoice) choiceUnfit += 1
          continue
        }
        const observed = observedTps[place]!
        const median = medians[family[place]!]!
        const decodeTps = observed > 0 ? observed : median > 0 ? median : slowedTps[place]!
        let ttft_ms = 0
        if (reports[place] === 1) {
          const prefill_ms = (promptTokens / ttftPrefillTps[place]!) * 1_000
          ttft_ms = statePenalty_ms[place]! + ahead[place]! * prefill_ms + prefill_ms + 1_000 / decodeTps
          if (isQuick && ttft_ms < quickBest_ms) quickBest_ms = ttft_ms
        } else if (isQuick) allReport = false
        if (isQuick) quickCount += 1
        if (!isChoice) continue
        if (reports[place] === 1) {
          if (ttft_ms < best_ms) best_ms = ttft_ms
          if (maxTtft_ms > 0 && ttft_ms > maxTtft_ms) {
            late += 1
            continue
          }
        }
        let ahead_tokens = backlog[place]!
        if (ahead_tokens < 0) {
          const reported = potential[place]! + waiting[place]! * maxTokens
          ahead_tokens = reported + Math.max(0, pendingTokens[place]! - reported)
        }
        let this_ms = (promptTokens / prefillTps[place]!) * 1_000 + (maxTokens / decodeTps) * 1_000
        if (isLong) {
          this_ms += extraWeight * ((promptTokens / ttftPrefillTps[place]!) * 1_000 + coldPenalty_ms[place]!)
        }
        places[count] = place
        cost[count] = base_ms[place]! + (ahead_tokens / decodeTps) * 1_000 + this_ms + health_ms[place]!
        count += 1
      }
    }
    quick.capacity += unfit
    choice.capacity += choiceUnfit
    this.quickCount = quickCount
    this.quickBest_ms = quickBest_ms
    this.allReport = allReport
    found.count = count
    found.ttft = late
    found.bestTtft_ms = best_ms
  }
}
