/**
 * A scenario's Macs before a real coordinator: the same Macs as in a run, on the same kernel, with real sockets in the place
 * of simulated wires, and the clock on the wall in the place of none. What the scenario's timeline does to Macs is done;
 * what it does to the coordinator is its operator's to do, and is said.
 */
import { must } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import type { BuildId, MachineIndex, RequestId } from '../../base/ids.ts'
import { Priority } from '../../kernel/scheduler.ts'
import type { Mac } from '../../mac/mac.ts'
import { Relied } from '../../mac/relied.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { buildMacs } from '../../simulation/macs.ts'
import { modelErrorsOf } from '../../simulation/model-errors.ts'
import { drawStart, type StartState } from '../../simulation/start-state.ts'
import { type Operated, scheduleTimeline } from '../../simulation/timeline.ts'
import type { TraceRow, TraceSink } from '../../trace/row.ts'
import { AnswerLengths } from './answer-lengths.ts'
import { Greeting, type GreetingFailure } from './greeting.ts'
import type { LiveRun } from '../live-run.ts'
import { MacWire } from './mac-wire.ts'
import type { Dial } from './socket.ts'
import { type LiveCounts, Tally } from './tally.ts'
import type { Witness } from '../witness.ts'

export interface LiveFleetOptions {
  readonly run: LiveRun
  readonly loaded: LoadedScenario
  /** Of Macs that name none of their own. */
  readonly maxModelSlots: number
  readonly dial: Dial
  /** Of clients of ours that ask the coordinator of these Macs: rows about requests then go by their numbers. Absent: by the Macs' own. */
  readonly witness?: Witness
  /** Somebody answers who speaks the protocol. Once. */
  greeted?(): void
  /** Every Mac that is there at the start has answered its first challenge, or is gone again. Once. */
  settled?(): void
  /** Something worth a line while it goes. */
  note(text: string): void
}

export class LiveFleet {
  readonly #options: LiveFleetOptions
  readonly #macs: ReadonlyMap<string, Mac>
  readonly #started: StartState
  readonly #tally = new Tally()
  readonly #greeting: Greeting
  readonly #wires: MacWire[] = []
  #requests = 0
  /** Macs that have opened a socket and are neither routable yet nor gone again. */
  readonly #unsettled = new Set<MachineIndex>()
  #isStarted = false
  #isSettled = false

  constructor(options: LiveFleetOptions) {
    this.#options = options
    const { run, loaded, maxModelSlots, dial, witness } = options
    const { kernel: scheduler, random } = run
    const { scenario } = loaded
    this.#greeting = new Greeting(scheduler, {
      greeted: () => options.greeted?.(),
      failed: () => run.stop(),
    })
    this.#started = drawStart(scenario, random)
    const { machines } = this.#started
    const lengths = new AnswerLengths(loaded, random)
    const trace: TraceSink = {
      wants: (kind) => run.trace.wants(kind),
      emit: (row) => {
        const named = witness === undefined ? row : witness.named(row)
        if (named !== undefined) run.trace.emit(named)
        this.#downloaded(row)
      },
    }
    const wireOf = (place: MachineIndex): MacWire =>
      new MacWire({
        machine: machines[place]!,
        place,
        scenario,
        scheduler,
        random,
        dial: (events) => {
          if (!this.#isStarted) this.#unsettled.add(place)
          return dial(events)
        },
        lengths,
        tally: this.#tally,
        witness,
        nextRequest: () => this.#requests++ as RequestId,
        deliver: run.deliver,
        opened: () => this.#greeting.expect(),
        understood: () => this.#greeting.understood(),
        misunderstood: (complaint) => this.#greeting.misunderstood(complaint),
        closed: (why) => this.#greeting.closed(why),
        settled: () => {
          this.#unsettled.delete(place)
          this.#tellSettled()
        },
      })
    this.#macs = buildMacs({
      scenario,
      machines,
      maxModelSlots,
      scheduler,
      random,
      trace,
      modelErrors: modelErrorsOf(scenario, random),
      relied: new Relied(),
      linkFor: (place) => (this.#wires[place] = wireOf(place)),
    })
    for (const [place, { serial }] of machines.entries()) this.#wires[place]!.attach(this.#mac(serial))
    const { timeline: entries } = scenario
    scheduleTimeline({ entries, scheduler, coordinator: this.#operator(), macs: this.#macs, random, trace })
  }

  /** Why there is nobody to talk to; undefined: as far as anybody knows, there is. */
  get failure(): GreetingFailure | undefined {
    return this.#greeting.failure
  }

  /** Whoever has not greeted the Macs by now, so long after they connected, is no coordinator. */
  greetingOverdue(after: Micros): void {
    this.#greeting.overdue(after)
  }

  get counts(): LiveCounts {
    return this.#tally.counts
  }

  /** The Macs connect, now or when the scenario says. */
  start(): void {
    const { note, run } = this.#options
    for (const { at, wanted, found } of this.#started.shortfalls) note(`${at} asks for ${wanted} Macs and ${found} fit`)
    const noteMisfits = (serial: string, builds: readonly BuildId[]): void => {
      for (const build of builds) note(`${serial}: ${build} is to be resident at the start and does not fit`)
    }
    for (const { serial, provider } of this.#started.machines) {
      const mac = this.#mac(serial)
      const join = (): void => mac.faults.whenAwake(() => noteMisfits(serial, mac.join()))
      if (provider.joins === undefined) noteMisfits(serial, mac.start())
      else run.kernel.schedule(provider.joins, Priority.timeline, join)
    }
    this.#isStarted = true
    this.#tellSettled()
  }

  /** Macs of the start whose first challenge is still to be answered. */
  get unsettled(): number {
    return this.#unsettled.size
  }

  /** The run is over: what was under way goes into the trace, and the sockets are closed. */
  end(): void {
    for (const mac of this.#macs.values()) mac.closeBooks()
    for (const wire of this.#wires) wire.end()
  }

  #tellSettled(): void {
    if (!this.#isStarted || this.#isSettled || this.#unsettled.size > 0) return
    this.#isSettled = true
    this.#options.settled?.()
  }

  #mac(serial: string): Mac {
    return must(this.#macs.get(serial), 'live: every machine is a Mac')
  }

  #downloaded(row: TraceRow): void {
    if (row.kind === 'download') this.#wires[row.machine]!.downloaded(row)
  }

  /** Nobody here operates the coordinator. */
  #operator(): Operated {
    const leave = (what: string): void =>
      this.#options.note(`timeline: ${what} is for whoever operates the coordinator; nothing was done`)
    return {
      set: (name) => leave(`set ${name}`),
      setAlias: ({ name }) => leave(`set_alias ${name}`),
      deleteAlias: (name) => leave(`delete_alias ${name}`),
      setTrust: (serial, level) => leave(`trust ${serial} ${level}`),
    }
  }
}
