/**
 * Selection written once more, slowly and from the tables of facts coordinator-routing §3 … §5, over plain descriptions
 * of machines. It shares no code with the coordinator: what both compute alike is right by two ways. It also says of every
 * machine what became of it, in the words of the explanations.
 */
import type { PlainMachine, PlainRequest } from './plain-fleet.ts'
import { type Candidate, Figures } from './reference-machine.ts'

export interface PlainDecision {
  readonly winner: number
  readonly cost: number
  readonly candidates: number
  readonly capacity: number
  readonly tooLarge: number
  readonly vision: number
  readonly ttft: number
  readonly breakerRejected: number
  readonly bestTtft: number
  readonly nearTies: number
  readonly failOpen: boolean
  /** By machine. */
  readonly verdicts: readonly string[]
}

const CAPACITY = ['headroom', 'busy_other_slot', 'admission']

export class Reference extends Figures {
  select(request: PlainRequest, draw: number): PlainDecision {
    const first = this.pass(request, draw, false)
    if (first.winner === -1 && first.breakerRejected > 0 && first.capacity === 0 && first.ttft === 0) {
      const second = this.pass(request, draw, true)
      if (second.winner !== -1) return { ...second, breakerRejected: first.breakerRejected }
    }
    return first
  }

  /** C0. */
  outOfReach(machine: PlainMachine, request: PlainRequest) {
    if (request.route === 'self' && !this.isOwner(machine, request)) return 'not_owned'
    return request.serial !== undefined && machine.serial !== request.serial ? 'not_listed' : ''
  }

  isOwner(machine: PlainMachine, request: PlainRequest) {
    return request.route !== 'public' && request.account !== '' && request.account === machine.account
  }

  /** G5 … G10; '' when it passes. */
  standing(machine: PlainMachine, owner: boolean) {
    if (machine.untrusted) return 'status'
    if (machine.privateOnly && !owner) return 'private_only'
    if (!machine.trusted && !owner) return 'trust'
    if (!machine.runtime) return 'runtime'
    if (!machine.privateText) return 'private_text'
    return machine.fresh ? '' : 'challenge'
  }

  /** G1 … G11. */
  base(machine: PlainMachine, request: PlainRequest, ignoreBreaker: boolean) {
    const owner = this.isOwner(machine, request)
    if (!owner && !this.keepsFamily(machine, request.build)) return 'dedicated'
    if (machine.cooling) return 'load_cooldown'
    if (machine.erring === (request.tools ? 'tools' : 'base')) return 'error_cooldown'
    if (machine.breakerOpen && !ignoreBreaker) return 'breaker'
    const standing = this.standing(machine, owner)
    if (standing !== '') return standing
    if (!machine.models.find((model) => model.build === request.build)!.template) return 'template_broken'
    return request.tools && !machine.toolsCapable ? 'tools_version' : ''
  }

  /** G12. */
  inPool(machine: PlainMachine, build: string, owner: boolean) {
    return owner || machine.pool === '' || machine.pool === build
  }

  gates(machine: PlainMachine, request: PlainRequest, ignoreBreaker: boolean) {
    const drop = this.base(machine, request, ignoreBreaker)
    if (drop !== '') return drop
    return this.inPool(machine, request.build, this.isOwner(machine, request)) ? '' : 'pool'
  }

  seesImages(machine: PlainMachine, build: string) {
    return machine.models.some((model) => model.build === build && model.vision)
  }

  private pass(request: PlainRequest, draw: number, ignoreBreaker: boolean): PlainDecision {
    const reported: number[] = []
    let breakerRejected = 0
    const candidates: Candidate[] = []
    const verdicts = this.machines.map((machine, index) => {
      if (!this.offered(machine).includes(request.build)) return 'catalog'
      const reach = this.outOfReach(machine, request)
      if (reach !== '') return reach
      if (machine.excluded) return 'excluded'
      const gate = this.gates(machine, request, ignoreBreaker)
      if (gate !== '') {
        if (machine.breakerOpen && !ignoreBreaker) breakerRejected += 1
        return gate
      }
      const drop = this.check(machine, request)
      if (drop !== '') return drop
      const ttft = this.ttft(machine, request)
      if (machine.slots !== undefined) {
        reported.push(ttft)
        if (request.ceiling > 0 && ttft > request.ceiling) return 'ttft'
      }
      candidates.push(this.candidate(index, machine, request))
      return 'candidate'
    })
    const count = (...drops: string[]) => verdicts.filter((verdict) => drops.includes(verdict)).length
    return {
      candidates: candidates.length,
      capacity: count(...CAPACITY),
      tooLarge: count('too_large'),
      vision: count('vision'),
      ttft: count('ttft'),
      breakerRejected,
      bestTtft: reported.length === 0 ? -1 : Math.min(...reported),
      failOpen: ignoreBreaker,
      ...this.choose(candidates, request, draw, verdicts),
    }
  }

  /** C2 … C8. */
  private check(machine: PlainMachine, request: PlainRequest) {
    const { build } = request
    const slot = this.slot(machine, build)
    const loaded = this.loaded(machine, build)
    if (request.vision && !this.seesImages(machine, build)) return 'vision'
    if (slot?.state === 'reloading' || slot?.state === 'crashed') return 'slot_state'
    if (!this.headroom(machine, build)) return 'headroom'
    if (this.rules.coldBesideBusyRefused && !loaded && this.busyOther(machine, build)) return 'busy_other_slot'
    if (machine.thermal === 'critical') return 'thermal'
    if (!loaded && !this.fits(machine, build)) return 'too_large'
    return this.admitted(machine, request) ? '' : 'admission'
  }

  /** S1 … S8. `verdicts` of the candidates are replaced by their fates. */
  private choose(all: readonly Candidate[], request: PlainRequest, draw: number, before: readonly string[]) {
    const verdicts = [...before]
    let pool = all
    const soft = (fate: string, wanted: (candidate: Candidate) => boolean) => {
      if (!pool.some(wanted)) return
      for (const candidate of pool) if (!wanted(candidate)) verdicts[candidate.index] = fate
      pool = pool.filter(wanted)
    }
    if (request.route === 'prefer_owner') soft('not_owned', ({ machine }) => this.isOwner(machine, request))
    if (request.avoidVersion !== '') soft('avoided_version', ({ machine }) => machine.version !== request.avoidVersion)
    if (request.floor > 0) soft('decode_floor', ({ projected }) => projected >= request.floor)
    if (pool.length === 0) return { winner: -1, cost: -1, nearTies: 0, verdicts }
    const best = Math.min(...pool.map(({ ranked }) => ranked))
    const near = pool.filter(({ ranked }) => ranked - best <= 3_000.000_001)
    const winner = near.find(({ index }) => index === this.affine(request)) ?? this.drawn(near, draw)
    for (const candidate of pool) verdicts[candidate.index] = near.includes(candidate) ? 'lost_tie' : 'dearer'
    verdicts[winner.index] = 'winner'
    return { winner: winner.index, cost: winner.cost, nearTies: near.length, verdicts }
  }

  /** S6, S7. */
  private drawn(near: readonly Candidate[], draw: number): Candidate {
    const queue = Math.min(...near.map((candidate) => candidate.queue))
    const shortest = near.filter((candidate) => candidate.queue === queue)
    const pending = Math.min(...shortest.map((candidate) => candidate.pending))
    const equals = shortest.filter((candidate) => candidate.pending === pending)
    return equals[Math.floor(draw * equals.length)]!
  }
}
