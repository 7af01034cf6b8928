/**
 * How often a prompt that is cancelled in a pending group is prefilled on as a ghost (provider-runtime 5.5). That the
 * program does it was read in its source; nobody has counted it. Draws come from the stream `mac/<serial>/cancelled-prefill`,
 * so they shift no others, and there are none at either end of the range.
 */
import type { RandomStream } from '../../kernel/scheduler.ts'
import { macStream, type MacOptions } from '../machine.ts'

export class Haunting {
  #random: RandomStream | undefined

  constructor(private readonly options: MacOptions) {}

  /** Asked once for each such prompt. */
  prefillsOn(): boolean {
    const { settings, relied } = this.options
    relied?.note('cancelled_prefill')
    const share = settings.cancelled_prefill
    if (share === 0 || share === 1) return share === 1
    this.#random ??= macStream(this.options, 'cancelled-prefill')
    return this.#random.uniform() < share
  }
}
