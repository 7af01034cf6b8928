/** The fleet as the ledger's columns tell it: hardware from routes, builds from what ran where and from samples. */
import { countAt, type LogRow, textAt } from '../reading/row.ts'

/** Builds that a sample early in the day shows were there when it began. */
const START_US = 60_000_000

export interface RecordedMac {
  readonly serial: string
  chip: string | null
  gpuCores: number | null
  memory_gb: number | null
  /** In order of first sight. */
  readonly builds: Set<string>
  /** Of its first sample. */
  firstSampleAt: number
  atStart: readonly string[]
}

export class Macs {
  private readonly known = new Map<string, RecordedMac>()
  /** Rows of inference_route_candidates were read: they say which builds each Mac offers. */
  knowsOffers = false

  list(): readonly RecordedMac[] {
    return [...this.known.values()].toSorted((a, b) => compareSerials(a.serial, b.serial))
  }

  route(row: LogRow): void {
    const serial = textAt(row, 'provider_id')
    if (serial === null || serial === undefined) return
    const mac = this.mac(serial)
    mac.chip = textAt(row, 'hardware_chip') ?? mac.chip
    mac.gpuCores = countAt(row, 'gpu_cores') || mac.gpuCores
    const memory = Number(textAt(row, 'memory_gb') ?? Number.NaN)
    if (memory > 0) mac.memory_gb = memory
    const build = textAt(row, 'model')
    if (build !== null && build !== undefined) mac.builds.add(build)
  }

  /** A row of inference_route_candidates. */
  candidate(row: LogRow): void {
    const [serial, build] = [textAt(row, 'provider_id'), textAt(row, 'model')]
    if (serial === null || serial === undefined || build === null || build === undefined) return
    // One that does not offer the build is looked at too, and dropped for that.
    if (textAt(row, 'rejection_reason') === 'not_listed') return
    this.knowsOffers = true
    this.mac(serial).builds.add(build)
  }

  sample(row: LogRow, at: number): void {
    const serial = textAt(row, 'provider_id')
    if (serial === null || serial === undefined) return
    const mac = this.mac(serial)
    const warm = wordsOf(textAt(row, 'warm_models'))
    for (const build of warm) mac.builds.add(build)
    if (at >= mac.firstSampleAt) return
    mac.firstSampleAt = at
    mac.atStart = warm
  }

  /** Builds in memory when the day began, by its first sample. */
  residentAt(mac: RecordedMac, start: number): readonly string[] {
    return mac.firstSampleAt - start <= START_US ? mac.atStart : []
  }

  private mac(serial: string): RecordedMac {
    const known = this.known.get(serial)
    if (known !== undefined) return known
    const mac: RecordedMac = {
      serial,
      chip: null,
      gpuCores: null,
      memory_gb: null,
      builds: new Set(),
      firstSampleAt: Infinity,
      atStart: [],
    }
    this.known.set(serial, mac)
    return mac
  }
}

/** `a b`, `a,b`, `["a","b"]`. */
const wordsOf = (text: string | null | undefined): readonly string[] =>
  (text ?? '').split(/[\s,;[\]{}"']+/).filter((word) => word !== '')

/** `mac-2` before `mac-10`. */
function compareSerials(a: string, b: string): number {
  const [headA, tailA] = split(a)
  const [headB, tailB] = split(b)
  if (headA !== headB) return headA < headB ? -1 : 1
  return tailA - tailB || (a < b ? -1 : a > b ? 1 : 0)
}

function split(serial: string): readonly [string, number] {
  const match = /^(.*?)(\d{1,15})?$/.exec(serial)!
  return [match[1]!, Number(match[2] ?? -1)]
}
