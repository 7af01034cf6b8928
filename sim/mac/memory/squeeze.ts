/**
 * Over-commit is not a failure: macOS compresses and swaps, and everything becomes slow (mac-provider 4). How slow is a
 * function of the over-committed share of memory, on a grid of 10 % so that the GPU's pace changes rarely. It follows
 * every change of what is held, and while models work every 2 s where memory is tight.
 */
import { type Blame } from '../engine/law/pace.ts'
import { PROCESS } from '../engine/engine.ts'
import type { MemoryLedger } from './ledger.ts'

const MIB = 2 ** 20

/**
 * Step time in percent by over-committed share. 3–10 times is the range reported, 3.4 the one swap cliff measured
 * (mac-provider 4); at which shares they were reached is not known: 5 % and 25 % are assumed, straight lines between.
 */
const CURVE: readonly (readonly [share: number, pct: number])[] = [
  [0, 100],
  [0.05, 340],
  [0.25, 1_000],
]
const GRID_PCT = 10

/** 100: none. */
export function squeezePct(overcommittedBytes: number, totalBytes: number): number {
  const share = Math.max(0, overcommittedBytes / totalBytes)
  let [fromShare, fromPct] = CURVE[0]!
  for (const [toShare, toPct] of CURVE) {
    if (share < toShare) {
      const pct = fromPct + ((toPct - fromPct) * (share - fromShare)) / (toShare - fromShare)
      return Math.round(pct / GRID_PCT) * GRID_PCT
    }
    fromShare = toShare
    fromPct = toPct
  }
  return fromPct
}

export class Squeeze {
  pct = 100
  private builds = 0

  constructor(
    private readonly ledger: MemoryLedger,
    private readonly onSqueeze: (pct: number, blame: readonly Blame[]) => void,
  ) {}

  /** When the ledger is brought to now. */
  update(): void {
    const { ledger } = this
    const over = ledger.overcommittedBytes
    if (over === 0 && this.pct === 100) return
    const pct = squeezePct(over, ledger.totalBytes)
    const builds = ledger.buildCount()
    if (pct === this.pct && (pct === 100 || builds === this.builds)) return
    this.pct = pct
    this.builds = builds
    this.onSqueeze(pct, pct === 100 ? [] : this.blame())
  }

  /** By bytes held, in MiB. The OS side is to blame only where memory is short, not where the GPU's limit is. */
  private blame(): readonly Blame[] {
    const { ledger } = this
    const blame: Blame[] = ledger.bytesByBuild().map(({ build, bytes }) => ({ culprit: build, weight: mebi(bytes) }))
    if (ledger.compressedBytes > 0) blame.push({ culprit: PROCESS, weight: mebi(ledger.osBytes) })
    return blame
  }
}

const mebi = (bytes: number): number => Math.ceil(bytes / MIB)
