/**
 * The figures of a machine, once more and slowly, from the tables of facts coordinator-routing §4 and coordinator-control
 * §3.4, §3.9. Shares no code with the coordinator.
 */
import type { PlainMachine, PlainRequest, PlainRules } from './plain-fleet.ts'

export interface Candidate {
  readonly index: number
  readonly machine: PlainMachine
  readonly cost: number
  /** The cost less the bonus of the conversation's cache. */
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

const contains = (name: string, part: string) => name.toLowerCase().includes(part.toLowerCase())

export class Figures {
  constructor(
    readonly machines: readonly PlainMachine[],
    readonly rules: PlainRules,
  ) {}

  slot(machine: PlainMachine, build: string) {
    return machine.slots?.find((slot) => slot.model === build)
  }

  busyOther(machine: PlainMachine, build: string) {
    const slots = machine.slots ?? []
    const own = slots.findIndex((slot) => slot.model === build)
    const before = own === -1 ? slots : slots.slice(0, own)
    return before.some((slot) => slot.running > 0 || slot.waiting > 0 || slot.state === 'running')
  }

  /** Requests a machine may hold in all. */
  providerCap({ slots, memory }: PlainMachine) {
    const byMemory = memory <= 24 ? 2 : memory <= 48 ? 4 : memory <= 96 ? 6 : memory <= 128 ? 8 : 12
    return slots === undefined ? 4 : slots.some((slot) => slot.max > 0) ? 24 : byMemory
  }

  /** Rates seen on machines with one request until this one's heartbeat; the machines speak in turn, and are of one chip class. */
  lone(machine: PlainMachine, build: string) {
    const heard = this.machines.slice(0, this.machines.indexOf(machine) + 1).map(({ slots }) => slots ?? [])
    const alone = heard.filter((slots) => sum(slots.map(({ running, waiting }) => running + waiting)) === 1)
    const busy = alone.flat().filter((slot) => slot.model === build && slot.running === 1 && slot.decode > 0)
    const { lone } = this.rules
    return lone !== undefined && busy.length >= lone ? median(busy.map((slot) => slot.decode)) : 0
  }

  /** control §3.4. */
  qualityCap(machine: PlainMachine, build: string, base: number) {
    if (this.rules.overcommit === undefined) return Infinity
    const proxy = this.inFamily(build) ? this.staticDecode(machine) : 0
    const static_tps = this.rules.seeds[build] ?? (machine.decode > 0 ? machine.decode : proxy)
    const learnt = this.lone(machine, build)
    const solo = learnt > 0 ? learnt : static_tps
    if (solo === 0) return Infinity
    const rows = solo <= 15 ? 1 : Math.min(base, Math.max(1, Math.floor((solo / 15 - 1) / 0.27)))
    return Math.max(1, Math.ceil(rows * this.rules.overcommit))
  }

  headroom(machine: PlainMachine, build: string) {
    const providerCap = this.providerCap(machine)
    const slot = this.slot(machine, build)
    const own = machine.pending.filter((pending) => pending.build === build).length
    const capped = slot !== undefined && slot.maxConcurrency > 0
    const load = capped ? Math.max(own, slot.running + slot.waiting) : machine.pending.length
    const base = capped ? slot.maxConcurrency : providerCap
    return load < Math.min(base, this.qualityCap(machine, build, base)) && machine.pending.length < providerCap
  }

  inFamily(build: string) {
    return this.rules.dedicated.some((part) => build.toLowerCase().includes(part.toLowerCase()))
  }

  /** Builds that are on offer: on the disk and in the catalog. */
  offered(machine: PlainMachine) {
    return machine.models.map((model) => model.build).filter((build) => this.rules.catalog[build] !== undefined)
  }

  keepsFamily(machine: PlainMachine, build: string) {
    const family = this.rules.dedicated.find((part) => contains(build, part))
    return family === undefined || this.offered(machine).every((other) => contains(other, family))
  }

  loaded(machine: PlainMachine, build: string) {
    const state = this.slot(machine, build)?.state
    return state === 'running' || state === 'idle'
  }

  fits(machine: PlainMachine, build: string) {
    const { size, minRam } = this.rules.catalog[build]!
    return minRam > 0 ? minRam <= machine.memory : size > 0 ? 2 * size <= machine.memory : true
  }

  /** A load must fit what the machine says is free, if it says so. */
  fitsFree(machine: PlainMachine, build: string) {
    const { size } = this.rules.catalog[build]!
    const says = machine.slots !== undefined && machine.free !== undefined
    return !says || size === 0 || (size * 1.2e9) / 2 ** 30 <= machine.free
  }

  pendingTokens(machine: PlainMachine, build: string) {
    return sum(machine.pending.filter((pending) => pending.build === build).map(({ prompt, max }) => prompt + max))
  }

  admitted(machine: PlainMachine, request: PlainRequest) {
    const slot = this.slot(machine, request.build)
    const { size } = this.rules.catalog[request.build]!
    const loaded = this.loaded(machine, request.build)
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

  staticDecode(machine: PlainMachine) {
    return machine.decode > 0 ? machine.decode : machine.bandwidth > 0 ? Math.sqrt(machine.bandwidth) : 1
  }

  staticPrefill(machine: PlainMachine) {
    return machine.prefill > 0 ? machine.prefill : this.staticDecode(machine) * 12
  }

  /** All machines are of one chip family; there are fewer samples than the window holds. */
  fleetMedian(build: string) {
    const slots = this.machines.flatMap((machine) => machine.slots ?? [])
    return median(slots.filter((slot) => slot.model === build && slot.decode > 0).map((slot) => slot.decode))
  }

  effectiveDecode(machine: PlainMachine, build: string) {
    const slot = this.slot(machine, build)
    const slowed = this.staticDecode(machine) / (1 + 0.27 * (slot?.running ?? 0))
    const observed = slot !== undefined && slot.decode > 0 ? slot.decode : 0
    return observed > 0 ? observed : this.fleetMedian(build) > 0 ? this.fleetMedian(build) : Math.max(1, slowed)
  }

  statePenalty(machine: PlainMachine, build: string) {
    const state = this.slot(machine, build)?.state ?? 'unknown'
    return state === 'running' || state === 'idle' ? 0 : state === 'idle_shutdown' ? 20_000 : 30_000
  }

  ttft(machine: PlainMachine, request: PlainRequest) {
    if (machine.slots === undefined) return 0
    const slot = this.slot(machine, request.build)
    const observed = slot !== undefined && slot.prefill > 0 ? slot.prefill : this.staticPrefill(machine)
    const own = machine.pending.filter((pending) => pending.build === request.build).length
    const ahead = (slot?.waiting ?? 0) + Math.max(0, own - ((slot?.running ?? 0) + (slot?.waiting ?? 0)))
    const prompt_ms = (request.prompt / Math.min(5_000, observed)) * 1_000
    const decode_ms = 1_000 / this.effectiveDecode(machine, request.build)
    return this.statePenalty(machine, request.build) + ahead * prompt_ms + prompt_ms + decode_ms
  }

  /** Nobody holds the cache of a dedicated family. */
  affine({ affinity, build }: PlainRequest) {
    return this.inFamily(build) ? -1 : affinity
  }

  candidate(index: number, machine: PlainMachine, request: PlainRequest): Candidate {
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
      ranked: index === this.affine(request) ? cost - Math.min(1_500, cost) : cost,
      queue,
      pending: machine.pending.length,
      projected: solo / (1 + 0.27 * (running + 1)),
    }
  }
}
