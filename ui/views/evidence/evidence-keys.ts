/** Where keys lead on the evidence figure: arrows among metrics and arms, comma and full stop among seeds. */
import type { EvidencePoint } from '../../charts/evidence/evidence-layout.ts'

const within = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value))

/** Where a key leads; undefined: it is none of the figure's. */
export function moved(
  point: EvidencePoint | undefined,
  key: string,
  rows: number,
  arms: number,
  seeds: number,
): EvidencePoint | undefined {
  const { row, arm, seed } = point ?? { row: 0, arm: 0, seed: undefined }
  if (point === undefined && /^(?:Arrow|[,.]$)/.test(key)) return { row: 0, arm: 0, seed: undefined }
  switch (key) {
    case 'ArrowRight':
      return { row, arm: within(arm + 1, arms), seed }
    case 'ArrowLeft':
      return { row, arm: within(arm - 1, arms), seed }
    case 'ArrowDown':
      return { row: within(row + 1, rows), arm, seed }
    case 'ArrowUp':
      return { row: within(row - 1, rows), arm, seed }
    case '.':
      return { row, arm, seed: within((seed ?? -1) + 1, seeds) }
    case ',':
      return { row, arm, seed: seed === undefined || seed === 0 ? undefined : seed - 1 }
    default:
      return undefined
  }
}
