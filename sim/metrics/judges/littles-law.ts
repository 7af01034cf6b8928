/**
 * INV-18: Little's law in its exact form. The number in a system, added up over the run, is the time everybody spent in it,
 * added up over those who were there: L = λW times the length of the run, without any average. Both sides are whole
 * microseconds. The number is what a room counted (the demand room's `model_books`, a Mac's `machine_state`), the times are
 * those of single requests (`arrived` and `ended`, `work`): two accounts kept in different places.
 */
import type { MachineStateRow, TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

interface MacBook {
  number: number
  until: number
  /** Integral of the number. */
  area: number
  stays: number
}

interface ModelBook {
  /** What the room says; undefined until it does. */
  area: number | undefined
  stays: number
}

export class LittlesLaw extends Judge {
  readonly id = 'INV-18'
  readonly claim =
    "Little's law: the number under way, added up over time, is the time that all requests were under way"
  override readonly kinds: readonly TraceRowKind[] = [
    'arrived',
    'ended',
    'model_books',
    'machine_state',
    'work',
    'run_ended',
  ]
  private readonly open = new Map<number, { readonly model: string; readonly at: number }>()
  private readonly models = new Map<string, ModelBook>()
  private readonly macs = new Map<number, MacBook>()

  row(row: TraceRow): void {
    switch (row.kind) {
      case 'arrived':
        this.open.set(row.request, { model: row.model, at: row.at })
        return
      case 'ended': {
        const arrival = this.open.get(row.request)
        if (arrival === undefined) return
        this.open.delete(row.request)
        this.model(arrival.model).stays += row.at - arrival.at
        return
      }
      case 'model_books':
        this.model(row.model).area = row.openMicros
        return
      case 'machine_state':
        return this.state(row)
      case 'work':
        this.mac(row.machine).stays += row.at - row.receivedAt
        return
      case 'run_ended':
        return this.settle(row.at)
      default:
    }
  }

  private state({ machine, at, live, unread }: MachineStateRow): void {
    const book = this.mac(machine)
    book.area += book.number * (at - book.until)
    book.number = live + unread
    book.until = at
  }

  /** Who is still there has been there until now; the Macs have written `work` rows for those of theirs. */
  private settle(at: number): void {
    for (const arrival of this.open.values()) this.model(arrival.model).stays += at - arrival.at
    for (const [model, { area = 0, stays }] of this.models) this.compare(`requests for ${model}`, area, stays)
    for (const [machine, { number, until, area, stays }] of this.macs)
      this.compare(`machine ${machine}`, area + number * (at - until), stays)
  }

  private compare(who: string, area: number, stays: number): void {
    this.check(area === stays, `${who} count ${area} us, and their times add up to ${stays} us`)
  }

  private model(name: string): ModelBook {
    let book = this.models.get(name)
    if (book === undefined) {
      book = { area: undefined, stays: 0 }
      this.models.set(name, book)
    }
    return book
  }

  private mac(machine: number): MacBook {
    let book = this.macs.get(machine)
    if (book === undefined) {
      book = { number: 0, until: 0, area: 0, stays: 0 }
      this.macs.set(machine, book)
    }
    return book
  }
}
