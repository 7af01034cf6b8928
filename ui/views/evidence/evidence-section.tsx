/** Evidence: the one figure with its table twin, and everything that can be asked beyond it, folded. */
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { intervalWords } from '../../../sim/report/form/interval-words.ts'
import { ChartDownloads } from '../../charts/files/chart-downloads.tsx'
import { svgFile } from '../../charts/files/chart-file.ts'
import { EvidenceFigure, EvidenceHeads, wordsAt } from '../../charts/evidence/evidence-figure.tsx'
import type { EvidencePoint } from '../../charts/evidence/evidence-layout.ts'
import { useWidth } from '../../charts/use-size.ts'
import { datasetWords } from '../../data/answer/dataset-words.ts'
import { evidenceCsv, evidenceOf } from '../../data/answer/evidence.ts'
import { armLook } from '../../parts/colours.ts'
import { armsOf, type Dataset, selectedRun } from '../../state/dashboard.ts'
import { chooseBaseline } from '../../state/baseline-actions.ts'
import { fail, select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { EvidenceTable } from './evidence-table.tsx'
import { MoreEvidence } from './more-evidence.tsx'
import { RunsOfDataset } from './runs-of-dataset.tsx'
import './evidence.css'

export function EvidenceSection({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const { compare } = dataset
  return (
    <section className="evidence" aria-label="Evidence">
      {compare !== undefined && <Figure dataset={dataset} compare={compare} />}
      <MoreEvidence dataset={dataset} />
      <RunsOfDataset dataset={dataset} />
    </section>
  )
}

interface FigureProps {
  readonly dataset: Dataset
  readonly compare: CompareResult
}

function Figure({ dataset, compare }: FigureProps): ReactNode {
  const scenarios = useDashboard((state) => state.scenarios)
  const chosen = useDashboard((state) => selectedRun(state)?.policy)
  const hidden = useDashboard((state) => state.selection.hidden)
  const running = useDashboard((state) => state.running !== undefined)
  const [everything, setEverything] = useState(false)
  const [asTable, setAsTable] = useState(false)
  const [point, setPoint] = useState<EvidencePoint | undefined>()
  const box = useRef<HTMLDivElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  const width = useWidth(box)
  const { named } = useMemo(() => datasetWords(dataset, scenarios), [dataset, scenarios])
  const evidence = useMemo(
    () => evidenceOf(compare, dataset.runs, { everything, named, hidden }),
    [compare, dataset.runs, everything, named, hidden],
  )
  const arms = armsOf(dataset)
  const choose = ({ arm, seed }: EvidencePoint): void =>
    select({ policy: evidence.arms[arm], ...(seed === undefined ? {} : { seed: evidence.seeds[seed] }) })
  const handleKey = (event: KeyboardEvent): void => {
    const next = moved(point, event.key, evidence.rows.length, evidence.arms.length, evidence.seeds.length)
    if (event.key === 'Enter' && point !== undefined) choose(point)
    else if (event.key === 'Escape') setPoint(undefined)
    else if (next === undefined) return
    else setPoint(next)
    event.preventDefault()
  }
  const count = compare.seeds.length
  const about =
    count === 1
      ? 'one seed, so no intervals'
      : `${count} seeds, a dot each, joined to the same seed under ${evidence.baseline}${intervalWords(count, '; band: 95 % interval; * more than chance and δ')}`
  return (
    <>
      <div className="evidence-head">
        <h2>Evidence</h2>
        <span className="muted">{about}</span>
        <span className="tools">
          {Object.keys(compare.policies).length > 1 && (
            <label className="muted">
              against{' '}
              <select
                aria-label="Baseline"
                value={compare.baseline}
                disabled={running}
                onChange={(event) => void chooseBaseline(event.target.value)}
              >
                {Object.keys(compare.policies).map((arm) => (
                  <option key={arm}>{arm}</option>
                ))}
              </select>
            </label>
          )}
          <button type="button" aria-pressed={everything} onClick={() => setEverything(!everything)}>
            {everything ? 'Fewer rows' : 'More rows'}
          </button>
          <button type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            Table
          </button>
          <ChartDownloads
            name={`${compare.scenario.name} evidence`}
            title="Evidence"
            svg={() =>
              svg.current === null
                ? undefined
                : svgFile(svg.current, {
                    title: 'Evidence',
                    about: `${compare.scenario.name}; ${about}`,
                    entries: evidence.arms.map((name) => ({ name, ...armLook(name, arms) })),
                  })
            }
            csv={() => evidenceCsv(evidence)}
            onError={fail}
          />
        </span>
      </div>
      {asTable && <EvidenceTable evidence={evidence} named={named} />}
      <div
        ref={box}
        className="evidence-box"
        hidden={asTable}
        role="group"
        tabIndex={0}
        aria-label="Evidence figure. Arrow keys move among metrics and arms, comma and full stop among seeds, Enter chooses the run."
        onKeyDown={handleKey}
      >
        {width > 0 && (
          <>
            <EvidenceHeads evidence={evidence} width={width} arms={arms} />
            <EvidenceFigure
              svg={svg}
              evidence={evidence}
              width={width}
              options={{ arms, named, chosen, point }}
              onPoint={setPoint}
              onChoose={choose}
            />
          </>
        )}
      </div>
      <p className="readout muted" aria-live="polite">
        {point !== undefined && !asTable
          ? wordsAt(evidence, point)
          : evidence.zero.length > 0
            ? `0 everywhere: ${evidence.zero.join(', ')}`
            : ''}
      </p>
    </>
  )
}

const within = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value))

/** Where a key leads; undefined: it is none of the figure's. */
function moved(
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
