/** What came of a scenario's demand before a real coordinator: a result and a trace of what could be seen, as of any run. */
import type { AssumedInput } from '../base/assumed.ts'
import { MICROS_PER_SECOND } from '../base/time.ts'
import type { RunResult } from '../metrics/result.ts'
import type { LoadedScenario } from '../scenario/index.ts'
import { measurement } from '../simulation.ts'
import { TraceDigest } from '../trace/digest.ts'
import { TraceStore } from '../trace/store.ts'
import type { TraceSubscriber } from '../trace/writer.ts'
import type { LiveRun } from './live-run.ts'

/** The name under which results of a real coordinator stand beside those of policies. */
export const REAL = 'real'

const unseen = (sees: 'clients' | 'macs'): AssumedInput => ({
  path: `${sees === 'macs' ? '' : 'loads, '}providers, fragmentation, interference, pools, energy`,
  value: 'unseen',
  why: 'what happens inside a real coordinator and between it and its Macs is not seen; 0 stands for unknown there',
})

export class Played {
  readonly store = new TraceStore()
  readonly #digest = new TraceDigest()
  readonly #measure: ReturnType<typeof measurement>

  constructor(
    private readonly loaded: LoadedScenario,
    /** Whether rows of the Macs are among those of the clients. */
    private readonly sees: 'clients' | 'macs',
  ) {
    this.#measure = measurement(loaded.scenario)
  }

  get subscribers(): readonly TraceSubscriber[] {
    return [this.#digest.row, this.#measure.row, (row) => this.store.row(row)]
  }

  /** The run is over, its books are closed. */
  result(run: LiveRun, seed: number, openAttempts: number): RunResult {
    const { sees } = this
    const { scenario, digest, assumed } = this.loaded
    run.trace.emit({ kind: 'run_ended', at: run.kernel.now, inFlight: openAttempts })
    const { metrics, warned } = this.#measure.end()
    const { late, instants, worst_ms } = run.lateness.report()
    const result = metrics.result({
      scenario: { name: scenario.name, digest },
      policy: { name: REAL },
      seed,
      events: run.trace.rows,
      digest: this.#digest.hex(),
      // Whom the coordinator did not send a request is its own to say.
      warned: warned.filter(({ code }) => code !== 'macs_without_requests'),
      assumed: [...assumed, unseen(sees)],
    })
    return {
      ...result,
      meta: {
        sees_macs: sees === 'macs' ? 1 : 0,
        real_s: run.kernel.now / MICROS_PER_SECOND,
        late,
        instants,
        worst_late_ms: worst_ms,
      },
    }
  }
}
