/** Labels changed over the whole run: from which pool to which, by which surface, how often. */
import type { TraceIndex } from '../trace/trace-index.ts'

export interface LabelMovesQuery {
  readonly kind: 'label_moves'
}

export interface LabelMove {
  readonly from: string
  readonly to: string
  readonly surface: string
  readonly count: number
}

/** The most frequent first. */
export function labelMoves(index: TraceIndex): readonly LabelMove[] {
  const table = index.store.table('relabel')
  const found = new Map<string, { from: string; to: string; surface: string; count: number }>()
  for (let i = 0; i < table.length; i += 1) {
    const row = table.read(i, index.store.texts)
    if (row.kind !== 'relabel') continue
    const key = JSON.stringify([row.from, row.to, row.surface])
    const move = found.get(key) ?? { from: row.from, to: row.to, surface: row.surface, count: 0 }
    found.set(key, move)
    move.count += 1
  }
  return [...found.values()].sort((a, b) => b.count - a.count)
}
