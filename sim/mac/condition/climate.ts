/** What the GPU of one Mac has to live with besides its own models: the heat of its chassis, and other processes. */
import type { ThermalState } from '../../protocol/index.ts'
import { MACOS_DEFAULT, macStream, type MacOptions } from '../machine.ts'
import { Neighbour } from './neighbour.ts'
import type { PaceDesk } from '../engine/law/pace-desk.ts'
import type { GpuActivity, Worked } from '../engine/law/pace.ts'
import { Thermals } from './thermals.ts'

interface ClimatePorts {
  readonly pace: PaceDesk
  /** Knows the GPU time used so far. */
  readonly gpu: { worked(): Worked }
  /** The clock changed, or what is said about it. */
  changed(): void
}

export class Climate {
  private readonly thermals: Thermals | undefined
  private readonly neighbour: Neighbour | undefined

  constructor(options: MacOptions, ports: ClimatePorts) {
    const { scheduler, thermal, heat, otherProcess, macos = MACOS_DEFAULT } = options
    if (thermal !== undefined && heat !== undefined) {
      this.thermals = new Thermals({
        scheduler,
        spec: thermal,
        settings: heat,
        silence: macStream(options, 'thermal').uniform(),
        gpu: ports.gpu,
        onSpeed: (speed_pct, blame) => {
          ports.pace.heat(speed_pct, blame)
          ports.changed()
        },
        onReport: () => ports.changed(),
      })
    }
    if (otherProcess !== undefined) {
      this.neighbour = new Neighbour({
        ...otherProcess,
        macos,
        scheduler,
        random: macStream(options, 'process'),
        onProcess: (decode_pct, prefill_pct) => ports.pace.process(decode_pct, prefill_pct),
      })
    }
  }

  begin(): void {
    this.neighbour?.begin()
  }

  activity(activity: GpuActivity): void {
    this.thermals?.activity(activity)
  }

  /** What the clock really is, percent of the cool one. */
  get speed_pct(): number {
    return this.thermals?.speed_pct ?? 100
  }

  /** What it says now it says until `changed` is told otherwise, or the GPU works again. */
  get saysTheSame(): boolean {
    return this.thermals?.saysTheSame ?? true
  }

  /** What the operating system says about it. */
  get reported(): ThermalState {
    return this.thermals?.state() ?? 'nominal'
  }
}
