/** Comings and goings of one Mac: exponential sessions and absences. Absence means the program was not running. */
import { addMicros, type Micros } from '../base/time.ts'
import { sampler } from '../kernel/distributions.ts'
import { Priority, type RandomStream } from '../kernel/scheduler.ts'
import { macStream, type MacOptions } from './machine.ts'

interface Switchable {
  powerOff(): void
  powerOn(): void
}

export class Churn {
  private readonly random: RandomStream

  constructor(
    private readonly options: MacOptions,
    private readonly mac: Switchable,
  ) {
    this.random = macStream(options, 'churn')
  }

  /** A session begins; exponential times have no memory, so it does not matter how long it has lasted before the run. */
  begin(): void {
    const { churn } = this.options
    if (churn === undefined) return
    this.after(churn.session, () => {
      this.mac.powerOff()
      this.after(churn.away, () => {
        this.mac.powerOn()
        this.begin()
      })
    })
  }

  private after(mean: Micros, run: () => void): void {
    const { scheduler } = this.options
    const delay = Math.round(sampler({ kind: 'exponential', mean })(this.random)) as Micros
    scheduler.schedule(addMicros(scheduler.now, delay), Priority.timer, run)
  }
}
