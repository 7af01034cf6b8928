/**
 * The decisions around selection, written once more from the tables: the quick check (coordinator-routing §4.2) and the
 * counts admission branches on (§6 A3, A4, A13, A16), what an alias stands for (§1.3), and whom the loaders choose (§9 L2,
 * L6, L7; §10 W1, W2; coordinator-control §2.5), as corrected in §17. Shares no code with the coordinator.
 */
import type { PlainMachine, PlainRequest } from './plain-fleet.ts'
import { Reference } from './reference-select.ts'

const works = ({ slots }: PlainMachine) => (slots ?? []).some((slot) => slot.running > 0 || slot.waiting > 0)
const whole_ns = (millis: number) => Math.floor(millis * 1e6) / 1e6

export interface PlainAlias {
  readonly desired: string
  readonly previous: string
}

export class ReferenceDoors extends Reference {
  preflight(asked: PlainRequest) {
    const request = { ...asked, route: 'public' as const, prompt: asked.prompt > 0 ? asked.prompt : 500 }
    const verdicts = this.machines.map((machine) => this.quickCheck(machine, request))
    const count = (...drops: string[]) => verdicts.filter((verdict) => drops.includes(verdict)).length
    const candidates = this.machines.filter((_, index) => verdicts[index] === 'admitted')
    const allReport = candidates.length > 0 && candidates.every((machine) => machine.slots !== undefined)
    return {
      candidates: candidates.length,
      capacity: count('headroom', 'busy_other_slot', 'admission'),
      tooLarge: count('too_large'),
      bestTtft: allReport ? whole_ns(Math.min(...candidates.map((machine) => this.ttft(machine, request)))) : -1,
      verdicts,
    }
  }

  private quickCheck(machine: PlainMachine, request: PlainRequest) {
    const { build } = request
    if (!this.offered(machine).includes(build)) return 'catalog'
    const gate = this.outOfReach(machine, request) || this.gates(machine, request, true)
    if (gate !== '') return gate
    const state = this.slot(machine, build)?.state
    const loaded = this.loaded(machine, build)
    if (machine.thermal === 'critical') return 'thermal'
    if (request.vision && !this.seesImages(machine, build)) return 'vision'
    if (!this.headroom(machine, build)) return 'headroom'
    if (!loaded && !this.fits(machine, build)) return 'too_large'
    if (state === 'reloading' || state === 'crashed') return 'slot_state'
    if (this.rules.coldBesideBusyRefused && !loaded && this.busyOther(machine, build)) return 'busy_other_slot'
    return this.admitted(machine, request) ? 'admitted' : 'admission'
  }

  private offering(build: string) {
    return this.machines.filter((machine) => this.offered(machine).includes(build))
  }

  /** A13. */
  poolRejected(request: PlainRequest) {
    const { build, vision } = request
    return this.offering(build).filter(
      (machine) =>
        this.outOfReach(machine, request) === '' &&
        this.base(machine, request, true) === '' &&
        machine.thermal !== 'critical' &&
        (!vision || this.seesImages(machine, build)) &&
        !this.inPool(machine, build, this.isOwner(machine, request)),
    ).length
  }

  /** L6, for public traffic. */
  isWarm(machine: PlainMachine, build: string) {
    const resident = machine.slots === undefined ? machine.warm.includes(build) : this.loaded(machine, build)
    const usable = this.standing(machine, false) === '' && this.keepsFamily(machine, build)
    return resident && usable && this.inPool(machine, build, false)
  }

  /** L7. */
  coldSpill(asked: PlainRequest) {
    const request = { ...asked, route: 'public' as const }
    const { build, vision } = request
    const offering = this.offering(build)
    if (offering.some((machine) => this.isWarm(machine, build))) return 0
    return offering.filter(
      (machine) =>
        this.outOfReach(machine, request) === '' &&
        !machine.reserved &&
        this.gates(machine, request, false) === '' &&
        machine.thermal !== 'critical' &&
        (!vision || this.seesImages(machine, build)) &&
        !this.loaded(machine, build) &&
        machine.pending.length === 0 &&
        !works(machine) &&
        this.fits(machine, build) &&
        this.fitsFree(machine, build),
    ).length
  }

  /** A3, A4. */
  hasCapability(request: PlainRequest, capability: 'vision' | 'tools') {
    const { build } = request
    return this.offering(build).some((machine) => {
      if (machine.untrusted || (request.serial !== undefined && machine.serial !== request.serial)) return false
      if (!this.inPool(machine, build, this.isOwner(machine, request))) return false
      const rendersTemplate = machine.models.find((model) => model.build === build)!.template
      return capability === 'tools' ? machine.toolsCapable && rendersTemplate : this.seesImages(machine, build)
    })
  }

  /** The build, or '' for "unavailable". */
  resolve({ desired, previous }: PlainAlias, request: PlainRequest) {
    if (desired === '') return ''
    const builds = [desired, previous].filter((build) => build !== '')
    const first = (owned: boolean) => builds.find((build) => this.routable(build, request, owned))
    const own = request.route !== 'public' && request.account !== '' ? first(true) : undefined
    if (own !== undefined) return own
    const any = request.route === 'self' ? undefined : first(false)
    if (any !== undefined) return any
    return request.route === 'self' || request.serial !== undefined ? '' : desired
  }

  private routable(build: string, request: PlainRequest, owned: boolean) {
    return this.offering(build).some((machine) => {
      const isBound = !(owned && request.route === 'prefer_owner')
      if (isBound && request.serial !== undefined && machine.serial !== request.serial) return false
      if (owned && machine.account !== request.account) return false
      if (machine.cooling || this.standing(machine, owned) !== '') return false
      const state = this.slot(machine, build)?.state
      if (state === 'crashed' || state === 'reloading') return false
      return (owned || this.keepsFamily(machine, build)) && this.fits(machine, build)
    })
  }

  /** L2, for builds that all have waiters: [machine, build] in the order of the commands. */
  swaps(builds: readonly string[]): [number, string][] {
    const commands: [number, string][] = []
    for (const build of builds) {
      if (this.offering(build).some((machine) => this.isWarm(machine, build))) continue
      const chosen = this.machines.findIndex(
        (machine, index) =>
          this.mayLoad(machine, build) && machine.pending.length === 0 && !commands.some(([used]) => used === index),
      )
      if (chosen !== -1) commands.push([chosen, build])
    }
    return commands
  }

  /** W2, W9 with no end of budget: everybody eligible for each build, best first; builds by name. */
  warmPool(): [number, string][] {
    return Object.keys(this.rules.catalog)
      .toSorted()
      .flatMap((build) =>
        this.machines
          .map((machine, index) => ({ machine, index }))
          .filter(({ machine }) => this.isEligibleCold(machine, build))
          .toSorted((a, b) => this.score(b.machine) - this.score(a.machine) || a.index - b.index)
          .map(({ index }): [number, string] => [index, build]),
      )
  }

  private mayLoad(machine: PlainMachine, build: string) {
    return (
      this.offered(machine).includes(build) &&
      !machine.reserved &&
      this.standing(machine, false) === '' &&
      this.keepsFamily(machine, build) &&
      this.inPool(machine, build, false) &&
      this.fits(machine, build) &&
      this.fitsFree(machine, build)
    )
  }

  private isEligibleCold(machine: PlainMachine, build: string) {
    const idle = machine.pending.length === 0 && !works(machine)
    const cool = machine.thermal !== 'critical' && !machine.cooling
    return this.mayLoad(machine, build) && !this.isWarm(machine, build) && idle && cool
  }

  private score(machine: PlainMachine) {
    const free = Math.max(0, machine.memory - (machine.slots === undefined ? 0 : machine.gpu))
    const heat = { nominal: 0, fair: 250, serious: 1_000, critical: 0 }[machine.thermal]
    return 100 * free + 10 * this.staticDecode(machine) - 500 * machine.pressure - 100 * machine.cpu - heat
  }
}
