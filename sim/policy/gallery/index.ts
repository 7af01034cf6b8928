/** Policies to start from: each an idea of a few lines, with a scenario in scenarios/gallery that shows what it is for. */
import type { Policy } from '../../plug/index.ts'
import { deadlineAdmission } from './deadline-admission.ts'
import { demandShare } from './demand-share.ts'
import { exploringFloor } from './exploring-floor.ts'
import { fewestQueuedTokens } from './fewest-queued-tokens.ts'
import { forgettingFloor } from './forgetting-floor.ts'
import { leastLoaded } from './least-loaded.ts'
import { powerOfTwo } from './power-of-two.ts'
import { prefillAware } from './prefill-aware.ts'
import { reserveMacs } from './reserve-macs.ts'
import { shedByPrice } from './shed-by-price.ts'
import { stickyAccount } from './sticky-account.ts'

export const gallery: readonly Policy[] = [
  leastLoaded,
  powerOfTwo,
  fewestQueuedTokens,
  prefillAware,
  reserveMacs,
  stickyAccount,
  demandShare,
  deadlineAdmission,
  forgettingFloor,
  exploringFloor,
  shedByPrice,
]
