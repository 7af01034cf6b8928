/**
 * What the OS and the owner's programs hold on one Mac, the compressor's pages included: set in the scenario and then
 * fixed, or drawn from the stream `mac/<serial>/os` and drifting. A base (macOS itself, headless or desktop) is drawn
 * once. On top come the owner's programs, on as many Macs as have some, in bytes and not in a share of memory, so that small Macs suffer most: a
 * lognormal, partly redrawn at exponential gaps (an AR(1) in its normal variable, so the distribution stays the same
 * however often it is redrawn).
 *
 * The shape is assumed, its size is fitted to mac-provider 4: a 24 GB Mac has from 10.7 to 19.1 GB usable, 12.3–16.1
 * in the middle, and never takes gpt-oss-20b (0 of 312 requests), which most 32 GB Macs do.
 */
import { exp, ln } from '../../base/math.ts'
import { addMicros, type Micros } from '../../base/time.ts'
import { sampler, type Sampler } from '../../kernel/distributions.ts'
import { Priority, type RandomStream } from '../../kernel/scheduler.ts'
import type { MacSettings } from '../config.ts'
import { macStream, type MacOptions } from '../machine.ts'

type OsSettings = MacSettings['os_memory']

const standardNormal: Sampler = sampler({ kind: 'normal', mean: 0, sd: 1 })

/** Bytes of the owner's programs for a value of the normal variable. */
function appsBytes(normal: number, memoryBytes: number, os: OsSettings): number {
  const drawn = exp(ln(os.apps_median) + os.apps_sigma * normal)
  return Math.min(os.apps_max * memoryBytes, drawn)
}

export class OsMemory {
  /** Whole bytes, at most what the Mac has. */
  bytes: number
  private readonly base: number = 0
  private normal = 0
  /** The owner has programs that hold something. */
  private apps = false
  private readonly random: RandomStream | undefined
  private readonly gap: Sampler

  constructor(private readonly options: MacOptions) {
    const os = options.settings.os_memory
    this.gap = sampler({ kind: 'exponential', mean: os.drift_every })
    if (options.osBytes !== undefined) {
      this.bytes = Math.min(Math.round(options.osBytes), options.memoryBytes)
      return
    }
    options.relied?.note('owner_memory')
    this.random = macStream(options, 'os')
    this.base = sampler({ kind: 'uniform', min: os.base_min, max: os.base_max })(this.random)
    this.normal = standardNormal(this.random)
    this.apps = this.hasApps()
    this.bytes = this.total()
  }

  private hasApps(): boolean {
    const { apps_on } = this.options.settings.os_memory
    if (apps_on === 0 || apps_on === 1) return apps_on === 1
    return macStream(this.options, 'apps').uniform() < apps_on
  }

  /** Drifts from now on, if it does; `drifts` is to let it. The OS does not end with the program. */
  begin(drifts: (drift: () => void) => void): void {
    const { scheduler, settings } = this.options
    const { random } = this
    const { drift_every, drift_persistence } = settings.os_memory
    if (random === undefined || drift_every === 0) return
    const kept = drift_persistence
    const fresh = Math.sqrt(1 - kept * kept)
    const wait = () => {
      const after = Math.max(1, Math.round(this.gap(random))) as Micros
      scheduler.schedule(addMicros(scheduler.now, after), Priority.timer, drift)
    }
    const drift = () => {
      this.normal = kept * this.normal + fresh * standardNormal(random)
      const after = this.total()
      if (this.bytes !== after) drifts(() => (this.bytes = after))
      wait()
    }
    wait()
  }

  private total(): number {
    const { memoryBytes, settings } = this.options
    const apps = this.apps ? appsBytes(this.normal, memoryBytes, settings.os_memory) : 0
    return Math.min(memoryBytes, Math.round(this.base + apps))
  }
}
