/** INV-1 and INV-7: nothing that arrives is lost, nothing ends twice. */
import type { TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

export class RequestsEndOnce extends Judge {
  readonly id = 'INV-1'
  readonly claim = 'every request that arrives ends exactly once or is in flight at the end'
  override readonly kinds: readonly TraceRowKind[] = ['arrived', 'ended', 'run_ended']
  private readonly live = new Set<number>()
  private arrived = 0
  private ended = 0
  private latest = -1

  row(row: TraceRow): void {
    if (row.kind === 'arrived') {
      this.check(row.request > this.latest, `request ${row.request} arrived after ${this.latest}`)
      this.latest = row.request
      this.arrived += 1
      this.live.add(row.request)
    } else if (row.kind === 'ended') {
      this.check(this.live.delete(row.request), `request ${row.request} ended without being in flight`)
      this.ended += 1
    } else if (row.kind === 'run_ended') {
      this.check(row.inFlight === this.live.size, `${this.live.size} are in flight, the run counts ${row.inFlight}`)
    }
  }

  override audit(): void {
    const { arrived, ended, live } = this
    this.check(arrived === ended + live.size, `${arrived} arrived, ${ended} ended, ${live.size} are in flight`)
  }
}

export class UsersEndOnce extends Judge {
  readonly id = 'INV-7'
  readonly claim = 'a user request ends at most once, and only attempts of open users arrive'
  override readonly kinds: readonly TraceRowKind[] = ['user_request', 'user_ended', 'arrived']
  private readonly open = new Set<number>()
  private latest = -1

  row(row: TraceRow): void {
    if (row.kind === 'user_request') {
      this.check(row.user > this.latest, `user ${row.user} came after ${this.latest}`)
      this.latest = row.user
      this.open.add(row.user)
    } else if (row.kind === 'user_ended') {
      this.check(this.open.delete(row.user), `user ${row.user} ended without being open`)
    } else if (row.kind === 'arrived') {
      this.check(this.open.has(row.user), `request ${row.request} arrived for user ${row.user}, who is not open`)
    }
  }
}
