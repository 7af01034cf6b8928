/** INV-12 and INV-13: models come and go one at a time, and what is resident follows from it. */
import type { TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

export class OneLoadAtATime extends Judge {
  readonly id = 'INV-12'
  readonly claim = 'a Mac loads one model at a time, and a load that ends has begun'
  override readonly kinds: readonly TraceRowKind[] = ['load_started', 'load_ended']
  private readonly loading = new Map<number, { readonly build: string; readonly since: number }>()

  row(row: TraceRow): void {
    if (row.kind === 'load_started') {
      const load = this.loading.get(row.machine)
      this.check(load === undefined, `machine ${row.machine} begins to load ${row.build} while it loads ${load?.build}`)
      this.loading.set(row.machine, { build: row.build, since: row.at })
    } else if (row.kind === 'load_ended') {
      const load = this.loading.get(row.machine)
      const name = `machine ${row.machine} ended to load ${row.build}`
      this.check(load?.build === row.build, `${name}, it was loading ${load?.build ?? 'nothing'}`)
      const elapsed = row.at - (load?.since ?? 0)
      this.check(row.took >= 0 && row.took <= elapsed, `${name} in ${row.took} us, begun ${elapsed} us ago`)
      this.loading.delete(row.machine)
    }
  }
}

interface Residents {
  /** By loads and unloads. */
  counted: number
  /** By the last machine_state row. */
  told: number
}

/**
 * The first machine_state row of a Mac says what was resident from the start. A state row and the load it reports may
 * be written in either order, so the two are compared when their instant is over. A model that fails the check after
 * its load was never resident.
 */
export class ResidentsAddUp extends Judge {
  readonly id = 'INV-13'
  readonly claim = 'resident builds are those loaded and not unloaded'
  override readonly kinds: readonly TraceRowKind[] = ['machine_state', 'load_ended', 'unloaded']
  private readonly machines = new Map<number, Residents>()
  /** Machines with a row of the current instant. */
  private readonly touched = new Set<number>()
  private instant = 0

  row(row: TraceRow): void {
    if (row.at > this.instant) {
      this.compare()
      this.instant = row.at
    }
    if (row.kind === 'machine_state') {
      const machine = this.machines.get(row.machine)
      if (machine === undefined)
        this.machines.set(row.machine, { counted: row.residentBuilds, told: row.residentBuilds })
      else machine.told = row.residentBuilds
      this.touched.add(row.machine)
    } else if (row.kind === 'load_ended' && row.ok) {
      this.change(row.machine, 1)
    } else if (row.kind === 'unloaded' && row.why !== 'post_load_check') {
      this.change(row.machine, -1)
    }
  }

  override end(): void {
    this.compare()
  }

  private change(index: number, by: number): void {
    const machine = this.machines.get(index)
    if (machine === undefined) return
    machine.counted += by
    this.touched.add(index)
  }

  private compare(): void {
    if (this.touched.size === 0) return
    for (const index of this.touched) {
      const { counted, told } = this.machines.get(index)!
      this.check(
        counted === told,
        `machine ${index} holds ${counted} builds at ${this.instant} us, its state says ${told}`,
      )
    }
    this.touched.clear()
  }
}
