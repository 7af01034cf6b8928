/** Loads that take longer than the run or its warm-up: then the figures are about loading, not about what follows. */
import type { RowOf } from '../../trace/schema.ts'
import type { RunWarning } from '../result.ts'
import type { MetricsSettings } from '../settings.ts'
import { inSeconds } from '../window.ts'

interface Load {
  readonly build: string
  readonly machine: number
  readonly took: number
}

const seconds = (micros: number): string => `${Math.round(inSeconds(micros) * 10) / 10} s`

export class SlowLoads {
  private readonly underWay = new Map<string, RowOf<'load_started'>>()
  private slowest: Load | undefined
  /** Of those begun before the end of the warm-up and ended after it. */
  private pastWarmup: Load | undefined

  constructor(private readonly settings: Pick<MetricsSettings, 'duration' | 'warmup' | 'serials'>) {}

  started(row: RowOf<'load_started'>): void {
    this.underWay.set(`${row.machine} ${row.build}`, row)
  }

  ended(row: RowOf<'load_ended'>): void {
    const { warmup } = this.settings
    const key = `${row.machine} ${row.build}`
    const began = this.underWay.get(key)?.at ?? row.at - row.took
    this.underWay.delete(key)
    const load = { build: row.build, machine: row.machine, took: row.took }
    if (row.took > (this.slowest?.took ?? 0)) this.slowest = load
    if (began < warmup && row.at > warmup && row.took > (this.pastWarmup?.took ?? 0)) this.pastWarmup = load
  }

  warnings(at: number): readonly RunWarning[] {
    const { duration, warmup } = this.settings
    const [unfinished] = [...this.underWay.values()].sort((a, b) => a.at - b.at)
    // One that began late and is cut off by the end says nothing.
    if (unfinished !== undefined && at - unfinished.at >= duration / 2) {
      const { build, machine, at: began } = unfinished
      const text = `the run (${seconds(duration)}) is shorter than a load: ${build} on ${this.nameOf(machine)} has loaded for ${seconds(at - began)} and is not done`
      return [this.warning('duration', text)]
    }
    if (this.slowest !== undefined && this.slowest.took >= duration) {
      return [
        this.warning(
          'duration',
          `the run (${seconds(duration)}) is shorter than a load: ${this.loadText(this.slowest)}`,
        ),
      ]
    }
    if (warmup > 0 && this.pastWarmup !== undefined && this.pastWarmup.took >= warmup) {
      return [
        this.warning(
          'warmup',
          `the warm-up (${seconds(warmup)}) is shorter than a load: ${this.loadText(this.pastWarmup)}`,
        ),
      ]
    }
    return []
  }

  private warning(about: 'duration' | 'warmup', text: string): RunWarning {
    const look = `${about} or fleet resident`
    return { code: 'shorter_than_load', about, text: `${text}; look at ${look}`, look }
  }

  private loadText({ build, machine, took }: Load): string {
    return `${build} took ${seconds(took)} on ${this.nameOf(machine)}`
  }

  private nameOf(machine: number): string {
    return this.settings.serials?.[machine] ?? `Mac number ${machine + 1}`
  }
}
