/** Does at its time what the scenario's timeline says, and writes each change into the trace. */
import { must } from '../base/assert.ts'
import type { BuildId } from '../base/ids.ts'
import type { AliasSetting } from '../coordinator/ports.ts'
import type { Coordinator } from '../coordinator/coordinator.ts'
import { Priority, type RandomSource, type Scheduler } from '../kernel/scheduler.ts'
import type { Mac } from '../mac/mac.ts'
import type { Scenario } from '../scenario/index.ts'
import type { TraceSink } from '../trace/row.ts'

type TimelineEntry = Scenario['timeline'][number]
type FaultAction = Extract<TimelineEntry['action'], { fraction: number | undefined }>

/** What an operator does to a coordinator. */
export type Operated = Pick<Coordinator, 'set' | 'setAlias' | 'deleteAlias' | 'setTrust'>

export interface TimelineOptions {
  readonly entries: readonly TimelineEntry[]
  readonly scheduler: Scheduler
  readonly coordinator: Operated
  /** By serial, in fleet order. */
  readonly macs: ReadonlyMap<string, Mac>
  /** Draws who is struck when an entry names only a share. */
  readonly random: RandomSource
  readonly trace: TraceSink
}

export function scheduleTimeline(options: TimelineOptions): void {
  for (const entry of options.entries) {
    options.scheduler.schedule(entry.at, Priority.timeline, () => apply(entry, options))
  }
}

function apply({ action }: TimelineEntry, options: TimelineOptions): void {
  const { coordinator } = options
  switch (action.kind) {
    case 'set':
      for (const [name, value] of Object.entries(action.settings)) {
        note(options, `set ${name} ${JSON.stringify(value)}`)
        coordinator.set(name as keyof typeof action.settings, value)
      }
      return
    case 'set_alias':
      for (const [name, alias] of Object.entries(action.aliases)) {
        note(options, `set_alias ${name} desired ${alias.desired} previous ${alias.previous ?? 'none'}`)
        coordinator.setAlias(aliasSetting(name, alias))
      }
      return
    case 'delete_alias':
      note(options, `delete_alias ${action.alias}`)
      coordinator.deleteAlias(action.alias)
      return
    default:
      for (const serial of struck(action, options)) {
        note(options, action.kind === 'trust' ? `trust ${serial} ${action.level}` : `${action.kind} ${serial}`)
        const mac = must(options.macs.get(serial), 'timeline: semantics.ts knows every serial')
        if (action.kind !== 'trust') mac.faults.strike(action)
        else {
          // `untrusted` is the coordinator's verdict on a connection; what the Mac has to show has not changed.
          if (action.level !== 'untrusted') mac.attested(action.level)
          coordinator.setTrust(serial, action.level)
        }
      }
  }
}

const build = (text: string): BuildId | '' => text as BuildId | ''

/** The scenario's alias as the coordinator takes it. */
export function aliasSetting(name: string, alias: Scenario['aliases'][string]): AliasSetting {
  return {
    name,
    desired: build(alias.desired),
    previous: build(alias.previous ?? ''),
    retired: alias.retired as readonly string[] as readonly BuildId[],
  }
}

function note({ trace, scheduler }: TimelineOptions, what: string): void {
  trace.emit({ kind: 'timeline', at: scheduler.now, what })
}

/** The named Macs, or a random share of the connected ones, drawn without replacement, each kind from its own stream. */
function struck(action: FaultAction, { macs, random }: TimelineOptions): readonly string[] {
  if (action.machines !== undefined) return action.machines
  const stream = random.stream(`timeline/${action.kind}`)
  const connected = [...macs].filter(([, mac]) => mac.connected).map(([serial]) => serial)
  const count = Math.round((action.fraction ?? 0) * connected.length)
  return Array.from({ length: count }, () => connected.splice(stream.below(connected.length), 1)[0]!)
}
