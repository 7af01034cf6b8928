/**
 * Where a run of the lab and one before a real coordinator part. Their clocks are never alike to the microsecond, a real ledger does not
 * tell who was let in at the door, and connections are numbered as they came; so what is held beside each other is, request by
 * request, whom each attempt was sent to and with what it was refused. Near ties are drawn: to part is no sign of a fault.
 */
import type { TraceRow } from '../../trace/row.ts'
import type { Act, Parting } from './parting.ts'

interface Side {
  /** By connection. */
  readonly serials: Map<number, string>
  readonly acts: Map<number, Act[]>
}

const aSide = (): Side => ({ serials: new Map(), acts: new Map() })

export class PartingBesideReal {
  readonly #a = aSide()
  readonly #b = aSide()

  readonly rowOfA = (row: TraceRow): void => note(this.#a, row)
  readonly rowOfB = (row: TraceRow): void => note(this.#b, row)

  /** Acts of the first run. */
  get acts(): number {
    return [...this.#a.acts.values()].reduce((sum, acts) => sum + acts.length, 0)
  }

  /** Of the first request, in the order of arrival, of which they tell another story; undefined: of none. */
  parting(): Parting | undefined {
    const requests = [...new Set([...this.#a.acts.keys(), ...this.#b.acts.keys()])].toSorted(
      (one, other) => one - other,
    )
    let alike = 0
    for (const request of requests) {
      const [first, second] = [this.#a.acts.get(request) ?? [], this.#b.acts.get(request) ?? []]
      for (let place = 0; place < Math.max(first.length, second.length); place += 1) {
        const [a, b] = [first[place], second[place]]
        if (a === undefined || b === undefined || signOf(a, this.#a) !== signOf(b, this.#b)) return { alike, a, b }
        alike += 1
      }
    }
    return undefined
  }
}

function note({ serials, acts }: Side, row: TraceRow): void {
  if (row.kind === 'registered') serials.set(row.provider, row.serial)
  if (row.kind !== 'decision' && row.kind !== 'ended') return
  if (row.outcome !== (row.kind === 'decision' ? 'selected' : 'rejected')) return
  const own = acts.get(row.request)
  if (own === undefined) acts.set(row.request, [{ ...row }])
  else own.push({ ...row })
}

function signOf(act: Act, { serials }: Side): string {
  if (act.kind === 'decision') return ['sent', act.build, serials.get(act.provider) ?? act.provider].join(' ')
  return act.kind === 'ended' ? ['refused', act.status, act.reason].join(' ') : act.kind
}
