/** INV-14 and INV-15: labels follow each other, and the coordinator deals only with those who are there. */
import type { TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

export class LabelsFollow extends Judge {
  readonly id = 'INV-14'
  readonly claim = "a relabel starts from the provider's label and changes it"
  override readonly kinds: readonly TraceRowKind[] = ['relabel', 'disconnected']
  private readonly labels = new Map<number, string>()

  row(row: TraceRow): void {
    if (row.kind === 'disconnected') {
      this.labels.delete(row.provider)
    } else if (row.kind === 'relabel') {
      const label = this.labels.get(row.provider) ?? ''
      this.check(
        row.from === label,
        `provider ${row.provider} is relabelled from "${row.from}", its label is "${label}"`,
      )
      this.check(row.to !== label, `provider ${row.provider} is relabelled to the "${label}" it has`)
      this.labels.set(row.provider, row.to)
    }
  }
}

export class OnlyTheConnected extends Judge {
  readonly id = 'INV-15'
  readonly claim = 'a provider registers once, leaves once, and is heard of and spoken to only in between'
  override readonly kinds: readonly TraceRowKind[] = [
    'registered',
    'disconnected',
    'heartbeat',
    'slot',
    'dispatched',
    'load_command',
    'models_changed',
    'desired_models',
    'provider_pools',
    'assignment',
    'placement_move',
    'relabel',
  ]
  private readonly connected = new Set<number>()
  private readonly known = new Set<number>()

  row(row: TraceRow): void {
    switch (row.kind) {
      case 'registered':
        this.check(!this.known.has(row.provider), `provider ${row.provider} registered twice`)
        this.known.add(row.provider)
        this.connected.add(row.provider)
        break
      case 'disconnected':
        this.check(this.connected.delete(row.provider), `provider ${row.provider} left without being there`)
        break
      case 'heartbeat':
      case 'slot':
      case 'dispatched':
      case 'load_command':
      case 'models_changed':
      case 'desired_models':
      case 'provider_pools':
      case 'assignment':
      case 'placement_move':
      case 'relabel':
        this.check(this.connected.has(row.provider), `a ${row.kind} row for provider ${row.provider}, who is not there`)
        break
      default:
    }
  }
}
