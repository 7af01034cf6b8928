/** The evidence figure in words: what it draws, as a table. */
import type { ReactNode } from 'react'
import { formatDifference, formatMean } from '../../../sim/report/form/unit.ts'
import type { Evidence, EvidenceCell, EvidenceRow } from '../../data/answer/evidence.ts'
import { toneOf } from '../../parts/tone.ts'

interface EvidenceTableProps {
  readonly evidence: Evidence
  readonly named: readonly string[]
}

export function EvidenceTable({ evidence, named }: EvidenceTableProps): ReactNode {
  const { arms, rows, baseline } = evidence
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Evidence as a table">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">metric</th>
            <th scope="col">of</th>
            {arms.map((arm) => (
              <th key={arm} scope="col">
                {arm === baseline ? `${arm} (baseline)` : arm}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path}>
              <th scope="row">{row.label}</th>
              <td>{row.model === '' ? 'fleet' : row.model}</td>
              {row.cells.map((cell) => (
                <td key={cell.arm}>
                  <CellWords row={row} cell={cell} named={named} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface CellWordsProps {
  readonly row: EvidenceRow
  readonly cell: EvidenceCell
  readonly named: readonly string[]
}

function CellWords({ row: { path, unit }, cell: { figure, difference }, named }: CellWordsProps): ReactNode {
  if (figure === undefined) return '–'
  return (
    <>
      {formatMean(figure, unit)}
      {difference !== undefined && (
        <>
          {' '}
          <span className={toneOf(path, difference, named)}>
            {formatDifference(difference, unit)}
            {difference.significant === true ? ' *' : ''}
          </span>
        </>
      )}
    </>
  )
}
