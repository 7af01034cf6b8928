/** Who is told of decisions as they are made, to write a state down with what was decided on it. */
import type { RequestId } from '../../base/ids.ts'
import type { ProviderRecord, RoutingRequest } from '../view/provider-record.ts'

/** Who is told of the first decision about each request. */
export interface ArrivalObserver {
  /** Before it looks. */
  looks(): void
  /** After, unless it was refused for what it asks and not for want of a machine: the request as routing saw it. */
  looked(request: RequestId, routing: RoutingRequest, draw: number): void
  /** Before and after what was found is applied. `provider`: who has the request now. */
  applies(request: RequestId): void
  applied(request: RequestId, provider: ProviderRecord | undefined): void
}

/** Somebody may be told, now or later. */
export interface ArrivalAudience extends ArrivalObserver {
  /** False: nobody asks now, and nothing is to be made up for them. */
  readonly isWatching: boolean
}
