/**
 * Is a provider still the Mac that was attested? Every 5 min the coordinator challenges it; an answer within 30 s counts
 * for 16 min, and drains the queues of what the provider offers (facts: coordinator-routing §2, §3 G10, §8 Q4). An answer
 * that comes later is ignored, and after three misses in a row the last answer counts no more (the public sources of
 * June 2026: DefaultChallengeInterval, ChallengeResponseTimeout, MaxFailedChallenges, RecordChallengeFailure). The real
 * program then also calls the provider untrusted until it answers again, which routes as a stale answer does.
 *
 * Assumed: the verification at registration counts as the first answer. The real first challenge leaves at once and is
 * answered a round trip later.
 *
 * Trust that attestation takes away or gives back is set at once. `untrusted` is a verdict on the connection: it ends
 * with it, no heartbeat and no answer lifts it (§15.3 S20), and nobody asks any more.
 */
import type { ProviderId } from '../../base/ids.ts'
import { addMicros, type Micros } from '../../base/time.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { CoordinatorPorts, TimerId } from '../ports.ts'
import { setTrust } from '../view/provider-new.ts'
import type { ProviderRecord, TrustLevel } from '../view/provider-record.ts'
import { touch } from '../view/touch.ts'

interface Exchange {
  nonce: number
  sentAt: Micros
  /** The last challenge may still be answered. */
  open: boolean
  /** In a row. */
  missed: number
  /** Of the next challenge, or of the end of this one. */
  timer: TimerId
}

type Ports = Pick<CoordinatorPorts, 'after' | 'cancelTimer' | 'send' | 'now'>

export class Attestation {
  private readonly exchanges = new Map<ProviderId, Exchange>()

  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Ports,
    /** A provider may serve what it could not before. */
    private readonly verified: (provider: ProviderRecord) => void,
  ) {}

  registered(record: ProviderRecord): void {
    const now = this.ports.now()
    if (record.challengeFreshUntil > 0) record.challengeFreshUntil = this.freshUntil()
    touch(record)
    const exchange: Exchange = { nonce: 0, sentAt: now, open: false, missed: 0, timer: -1 as TimerId }
    this.exchanges.set(record.id, exchange)
    this.scheduleNext(record, exchange)
  }

  forget(provider: ProviderId): void {
    const exchange = this.exchanges.get(provider)
    if (exchange === undefined) return
    this.ports.cancelTimer(exchange.timer)
    this.exchanges.delete(provider)
  }

  answered(record: ProviderRecord, nonce: number): void {
    const exchange = this.exchanges.get(record.id)
    if (exchange === undefined || !exchange.open || exchange.nonce !== nonce) return
    this.ports.cancelTimer(exchange.timer)
    exchange.open = false
    exchange.missed = 0
    record.challengeFreshUntil = this.freshUntil()
    touch(record)
    this.scheduleNext(record, exchange)
    this.verified(record)
  }

  /** What attestation now says of a Mac. */
  verdict(serial: string, level: TrustLevel | 'untrusted'): void {
    for (const record of this.fleet.registry.providers) {
      if (record.serial !== serial) continue
      if (level === 'untrusted') {
        record.status = 'untrusted'
        touch(record)
        continue
      }
      setTrust(record, level)
      // Code attestation drains (Q4); that any other way to hardware trust does is assumed.
      if (record.servesPublic) this.verified(record)
    }
  }

  private ask(record: ProviderRecord, exchange: Exchange): void {
    if (record.status === 'untrusted') return
    exchange.nonce += 1
    exchange.sentAt = this.ports.now()
    exchange.open = true
    exchange.timer = this.ports.after(this.fleet.settings.CHALLENGE_TIMEOUT, 'timer', () => {
      this.missed(record, exchange)
    })
    this.ports.send(record.id, { kind: 'challenge', nonce: exchange.nonce })
  }

  private missed(record: ProviderRecord, exchange: Exchange): void {
    exchange.open = false
    exchange.missed += 1
    if (exchange.missed >= this.fleet.settings.CHALLENGE_FAILURES) record.challengeFreshUntil = -Infinity
    touch(record)
    this.scheduleNext(record, exchange)
  }

  /** A ticker's ticks: one interval after the last challenge left, whenever it was answered. */
  private scheduleNext(record: ProviderRecord, exchange: Exchange): void {
    const next = addMicros(exchange.sentAt, this.fleet.settings.CHALLENGE_INTERVAL)
    const delay = Math.max(0, next - this.ports.now()) as Micros
    exchange.timer = this.ports.after(delay, 'timer', () => this.ask(record, exchange))
  }

  private freshUntil(): Micros {
    return addMicros(this.ports.now(), this.fleet.settings.CHALLENGE_FRESH)
  }
}
