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
import { fail, select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { EvidenceHead } from './evidence-head.tsx'
import { moved } from './evidence-keys.ts'
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
      <EvidenceHead compare={compare} about={about} views={{ everything, setEverything, asTable, setAsTable }}>
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
      </EvidenceHead>
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
