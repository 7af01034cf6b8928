/** Faults that a Mac has from the start of the run to its end, and what each of its updates does to its attestation. */
import { addMicros, type Micros } from '../../base/time.ts'
import { sampler } from '../../kernel/distributions.ts'
import { Priority } from '../../kernel/scheduler.ts'
import { macStream, type MacOptions } from '../machine.ts'
import type { Faults } from './faults.ts'

/** Longer than any run with its drain. */
const FOR_EVER = (8_784 * 3_600 * 1_000_000) as Micros

export class StandingConditions {
  constructor(
    private readonly options: MacOptions,
    private readonly faults: Faults,
  ) {}

  begin(): void {
    const { standing } = this.options
    if (standing === undefined) return
    const { broken, slow, reconnects } = standing
    if (broken === true) this.faults.break(FOR_EVER)
    if (slow !== undefined) this.faults.slow(slow, FOR_EVER)
    if (reconnects !== undefined) this.reconnect(reconnects)
  }

  /** A fresh program has been installed and starts. */
  updated(): void {
    const { attestation_lost, for: lasts = FOR_EVER } = this.options.standing?.after_update ?? {}
    if (attestation_lost === undefined) return
    if (macStream(this.options, 'attestation').uniform() < attestation_lost) this.faults.attestationOutage(lasts)
  }

  private reconnect(every: Micros): void {
    const random = macStream(this.options, 'reconnects')
    const draw = sampler({ kind: 'exponential', mean: every })
    const { scheduler } = this.options
    const next = (): void => {
      scheduler.schedule(addMicros(scheduler.now, Math.round(draw(random)) as Micros), Priority.timer, () => {
        this.faults.register()
        next()
      })
    }
    next()
  }
}
