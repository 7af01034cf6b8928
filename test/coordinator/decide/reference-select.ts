/**
 * Selection written once more, slowly and from the tables of facts coordinator-routing §3 … §5, over plain descriptions
 * of machines. It shares no code with the coordinator: what both compute alike is right by two ways.
 */
import type { PlainCatalog, PlainMachine, PlainRequest } from './plain-fleet.ts'

export interface PlainDecision {
  readonly winner: number
  readonly cost: number
  readonly candidates: number
  readonly capacity: number
  readonly tooLarge: number
  readonly vision: number
  readonly ttft: number
  readonly bestTtft: number
  readonly failOpen: boolean
}

interface Candidate {
  readonly index: number
  readonly machine: PlainMachine
  readonly cost: number
  readonly ranked: number
  readonly queue: number
  readonly pending: number
  readonly projected: number
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b)
  if (sorted.length === 0) return 0
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

export class Reference {
  constructor(
    private readonly machines: readonly PlainMachine[],
    private readonly catalog: PlainCatalog,
    private readonly coldBesideBusyRefused: boolean,
  ) {}

  select(request: PlainRequest, draw: number): PlainDecision {
    const first = this.pass(request, draw, false)
    if (first.winner === -1 && first.breakerRejected > 0 && first.capacity === 0 && first.ttft === 0) {
      const second = this.pass(request, draw, true)
      if (second.winner !== -1) return second
    }
    return first
  }

  private pass(request: PlainRequest, draw: number, ignoreBreaker: boolean) {
    const count = { breaker: 0, vision: 0, capacity: 0, tooLarge: 0, ttft: 0 }
    const reported: number[] = []
    const candidates: Candidate[] = []
    for (const [index, machine] of this.machines.entries()) {
      if (request.serial !== undefined && machine.serial !== request.serial) continue
      if (machine.excluded) continue
      if (!this.passesGates(machine, request, ignoreBreaker)) {
        if (!ignoreBreaker && machine.breakerOpen && this.advertises(machine, request.build)) count.breaker += 1
        continue
      }
      const verdict = this.check(machine, request)
      if (verdict === 'drop') continue
      if (verdict !== 'ok') {
        count[verdict] += 1
        continue
      }
      const ttft = this.ttft(machine, request)
      if (machine.slots !== undefined) reported.push(ttft)
      if (request.ceiling > 0 && machine.slots !== undefined && ttft > request.ceiling) {
        count.ttft += 1
        continue
      }
      candidates.push(this.candidate(index, machine, request))
    }
    const winner = this.choose(candidates, request, draw)
    return {
      winner: winner === undefined ? -1 : winner.index,
      cost: winner === undefined ? -1 : winner.cost,
      candidates: candidates.length,
      capacity: count.capacity,
      tooLarge: count.tooLarge,
      vision: count.vision,
      ttft: count.ttft,
      bestTtft: reported.length === 0 ? -1 : Math.min(...reported),
      breakerRejected: count.breaker,
      failOpen: ignoreBreaker,
    }
  }

  private advertises(machine: PlainMachine, build: string) {
    return this.catalog[build] !== undefined && machine.models.some((model) => model.build === build)
  }

  private passesGates(machine: PlainMachine, request: PlainRequest, ignoreBreaker: boolean) {
    if (!this.advertises(machine, request.build)) return false
    if (machine.cooling || !machine.trusted) return false
    if (!ignoreBreaker && machine.breakerOpen) return false
    if (!machine.models.find((model) => model.build === request.build)!.template) return false
    return !request.tools || machine.toolsCapable
  }

  private check(machine: PlainMachine, request: PlainRequest): 'ok' | 'drop' | 'vision' | 'capacity' | 'tooLarge' {
    const slot = this.slot(machine, request.build)
    const loaded = slot?.state === 'running' || slot?.state === 'idle'
    if (request.vision && !machine.models.find((model) => model.build === request.build)!.vision) return 'vision'
    if (slot?.state === 'reloading' || slot?.state === 'crashed') return 'drop'
    if (!this.headroom(machine, request.build)) return 'capacity'
    if (this.coldBesideBusyRefused && !loaded && this.busyOther(machine, request.build)) return 'capacity'
    if (machine.thermal === 'critical') return 'drop'
    const { size, minRam } = this.catalog[request.build]!
    const fits = minRam > 0 ? minRam <= machine.memory : size > 0 ? 2 * size <= machine.memory : true
    if (!loaded && !fits) return 'tooLarge'
    return this.admitted(machine, request, loaded, size) ? 'ok' : 'capacity'
  }

  private slot(machine: PlainMachine, build: string) {
    return machine.slots?.find((slot) => slot.model === build)
  }

  private busyOther(machine: PlainMachine, build: string) {
    const slots = machine.slots ?? []
    const own = slots.findIndex((slot) => slot.model === build)
    const before = own === -1 ? slots : slots.slice(0, own)
    return before.some((slot) => slot.running > 0 || slot.waiting > 0 || slot.state === 'running')
  }

  private headroom(machine: PlainMachine, build: string) {
    const { slots, memory } = machine
    const byMemory = memory <= 24 ? 2 : memory <= 48 ? 4 : memory <= 96 ? 6 : memory <= 128 ? 8 : 12
    const providerCap = slots === undefined ? 4 : slots.some((slot) => slot.max > 0) ? 24 : byMemory
    const slot = this.slot(machine, build)
    const own = machine.pending.filter((pending) => pending.build === build).length
    const capped = slot !== undefined && slot.maxConcurrency > 0
    const load = capped ? Math.max(own, slot.running + slot.waiting) : machine.pending.length
    return load < (capped ? slot.maxConcurrency : providerCap) && machine.pending.length < providerCap
  }

  private pendingTokens(machine: PlainMachine, build: string) {
    return sum(machine.pending.filter((pending) => pending.build === build).map(({ prompt, max }) => prompt + max))
  }

  private admitted(machine: PlainMachine, request: PlainRequest, loaded: boolean, size: number) {
    const slot = this.slot(machine, request.build)
    const tokens = request.prompt + request.max
    if (slot !== undefined && slot.max > 0) {
      const committed = Math.max(slot.used + slot.queued, slot.potential, 0)
      const extra = Math.max(0, this.pendingTokens(machine, request.build) - committed)
      return slot.used + slot.queued + extra + tokens <= slot.max
    }
    if (size === 0 || machine.memory === 0) return true
    const kv = (Math.min(tokens, 16 * 2 ** 20) * 400_000) / 2 ** 30
    if (!loaded && machine.pending.length === 0) {
      if (machine.slots !== undefined && machine.free !== undefined) return (size * 1.2e9) / 2 ** 30 <= machine.free
      return size + kv + 4 <= machine.memory
    }
    const active = machine.slots === undefined ? 0 : machine.gpu
    return machine.memory - active >= (loaded ? 0 : size) + kv
  }

  private staticDecode(machine: PlainMachine) {
    return machine.decode > 0 ? machine.decode : machine.bandwidth > 0 ? Math.sqrt(machine.bandwidth) : 1
  }

  private staticPrefill(machine: PlainMachine) {
    return machine.prefill > 0 ? machine.prefill : this.staticDecode(machine) * 12
  }

  /** All machines are of one chip family; there are fewer samples than the window holds. */
  private fleetMedian(build: string) {
    const slots = this.machines.flatMap((machine) => machine.slots ?? [])
    return median(slots.filter((slot) => slot.model === build && slot.decode > 0).map((slot) => slot.decode))
  }

  private effectiveDecode(machine: PlainMachine, build: string) {
    const slot = this.slot(machine, build)
    const slowed = this.staticDecode(machine) / (1 + 0.27 * (slot?.running ?? 0))
    const observed = slot !== undefined && slot.decode > 0 ? slot.decode : 0
    return Math.max(1, observed > 0 ? observed : this.fleetMedian(build) > 0 ? this.fleetMedian(build) : slowed)
  }

  private statePenalty(machine: PlainMachine, build: string) {
    const state = this.slot(machine, build)?.state ?? 'unknown'
    return state === 'running' || state === 'idle' ? 0 : state === 'idle_shutdown' ? 20_000 : 30_000
  }

  private ttft(machine: PlainMachine, request: PlainRequest) {
    if (machine.slots === undefined) return 0
    const slot = this.slot(machine, request.build)
    const observed = slot !== undefined && slot.prefill > 0 ? slot.prefill : this.staticPrefill(machine)
    const own = machine.pending.filter((pending) => pending.build === request.build).length
    const ahead = (slot?.waiting ?? 0) + Math.max(0, own - ((slot?.running ?? 0) + (slot?.waiting ?? 0)))
    const prompt_ms = (request.prompt / Math.min(5_000, observed)) * 1_000
    const decode_ms = 1_000 / this.effectiveDecode(machine, request.build)
    return this.statePenalty(machine, request.build) + ahead * prompt_ms + prompt_ms + decode_ms
  }

  private candidate(index: number, machine: PlainMachine, request: PlainRequest): Candidate {
    const slot = this.slot(machine, request.build)
    const running = slot?.running ?? 0
    const waiting = slot?.waiting ?? 0
    const own = machine.pending.filter((pending) => pending.build === request.build).length
    const queue = Math.max(own, running + waiting)
    const decode = this.effectiveDecode(machine, request.build)
    const potential = slot?.potential ?? 0
    const known = potential + waiting * request.max
    const legacy = known + Math.max(0, this.pendingTokens(machine, request.build) - potential - waiting * request.max)
    const backlog = slot !== undefined && slot.max > 0 ? slot.used + slot.queued : legacy
    const heat = { nominal: 0, fair: 2_000, serious: 8_000, critical: 0 }[machine.thermal]
    const gpuShare = machine.slots === undefined ? 0 : Math.min(1, machine.gpu / machine.memory)
    const cost = sum([
      this.statePenalty(machine, request.build),
      3_000 * queue,
      750 * machine.pending.length,
      (backlog / decode) * 1_000,
      (request.prompt / this.staticPrefill(machine)) * 1_000 + (request.max / decode) * 1_000,
      4_000 * machine.pressure + 1_500 * machine.cpu + heat + 5_000 * gpuShare,
    ])
    const observed = slot?.decode ?? 0
    const solo = observed > 0 ? observed * (1 + 0.27 * running) : this.staticDecode(machine)
    return {
      index,
      machine,
      cost,
      ranked: index === request.affinity ? cost - Math.min(1_500, cost) : cost,
      queue,
      pending: machine.pending.length,
      projected: solo / (1 + 0.27 * (running + 1)),
    }
  }

  private choose(all: readonly Candidate[], request: PlainRequest, draw: number): Candidate | undefined {
    let pool = all
    const soft = (wanted: (candidate: Candidate) => boolean) => {
      const kept = pool.filter(wanted)
      if (kept.length > 0) pool = kept
    }
    if (request.avoidVersion !== '') soft(({ machine }) => machine.version !== request.avoidVersion)
    if (request.floor > 0) soft(({ projected }) => projected >= request.floor)
    if (pool.length === 0) return undefined
    const window = 3_000.000_001
    const best = Math.min(...pool.map(({ ranked }) => ranked))
    const near = pool.filter(({ ranked }) => ranked - best <= window)
    const affine = near.find(({ index }) => index === request.affinity)
    if (affine !== undefined) return affine
    const queue = Math.min(...near.map((candidate) => candidate.queue))
    const shortest = near.filter((candidate) => candidate.queue === queue)
    const pending = Math.min(...shortest.map((candidate) => candidate.pending))
    const equals = shortest.filter((candidate) => candidate.pending === pending)
    return equals[Math.floor(draw * equals.length)]
  }
}
