/** Trade-off: what a policy refuses against how long the served wait, with intervals both ways; colour says policy, shape says model. */
import { type ReactNode, useMemo, useRef, useState } from 'react'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { intervalWords } from '../../../sim/report/form/interval-words.ts'
import { formatMean } from '../../../sim/report/form/unit.ts'
import { ChartDownloads } from '../../charts/files/chart-downloads.tsx'
import { svgFile } from '../../charts/files/chart-file.ts'
import { ChartReadout } from '../../charts/time/chart-readout.tsx'
import { Legend } from '../../charts/legend.tsx'
import { armColour } from '../../parts/colours.ts'
import { Panel } from '../../parts/panel.tsx'
import { fail, toggleArm } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { ShapeLegend, shapesInWords } from './model-shapes.tsx'
import { AXES, reach, titleOf, tradeOff, tradeOffCsv, type TradeOffPoint, unitOfMetric } from './trade-off-data.ts'
import { TradeOffPlot } from './trade-off-plot.tsx'

interface TradeOffProps {
  readonly compare: CompareResult
  /** Of the dataset: colours go by them. */
  readonly arms: readonly string[]
}

export function TradeOff({ compare, arms }: TradeOffProps): ReactNode {
  const refuses = reach(tradeOff(compare, 'rate_429', 'rate_429').map((point) => point.x)) > 0
  const [chosenX, setX] = useState<string | undefined>()
  // Where nobody refuses, what was served in time is what tells policies apart.
  const x = chosenX ?? (refuses ? 'rate_429' : 'goodput')
  const [y, setY] = useState('ttft_ms.p95')
  const [without, setWithout] = useState<readonly string[]>([])
  const hidden = useDashboard((state) => state.selection.hidden)
  const svg = useRef<SVGSVGElement>(null)
  const [at, setAt] = useState<TradeOffPoint | undefined>()
  const policies = Object.keys(compare.policies)
  const points = useMemo(
    () => tradeOff(compare, x, y).filter(({ policy, model }) => !hidden.includes(policy) && !without.includes(model)),
    [compare, x, y, hidden, without],
  )
  const [unitX, unitY] = [unitOfMetric(x), unitOfMetric(y)]
  const entries = policies.map((name) => ({ name, colour: armColour(name, arms) }))
  const caption = {
    title: `${titleOf(x)} against ${titleOf(y)}`,
    about: `${compare.scenario.name}; means of ${compare.seeds.length} seeds${intervalWords(compare.seeds.length, ', bars are 95 % intervals')}; ${shapesInWords(compare.models)}`,
    entries: entries.filter((entry) => !hidden.includes(entry.name)),
  }
  const toggle = (name: string): void =>
    setWithout(without.includes(name) ? without.filter((each) => each !== name) : [...without, name])
  return (
    <Panel
      title="Trade-off"
      about={`a mark per policy and model${compare.seeds.length > 1 ? intervalWords(compare.seeds.length, ', bars are 95 % intervals') : '; one seed, so no intervals'}`}
      aside={
        <ChartDownloads
          name={`${compare.scenario.name} trade-off`}
          title={caption.title}
          svg={() => (svg.current === null ? undefined : svgFile(svg.current, caption))}
          csv={() => tradeOffCsv(points, x, y)}
          onError={fail}
        />
      }
    >
      <div className="row axis-choices">
        <AxisSelect label="Horizontal" value={x} onChange={setX} />
        <AxisSelect label="Vertical" value={y} onChange={setY} />
      </div>
      {!refuses && (
        <p className="muted no-values">
          No policy answers 429 here{chosenX === undefined ? ', so goodput takes its place on the axis' : ''}.
        </p>
      )}
      <TradeOffPlot {...{ points, x, y, arms, svg }} models={compare.models} onPoint={setAt} />
      {at !== undefined && points.includes(at) ? (
        <ChartReadout
          title={`${at.policy} · ${at.model}`}
          values={[
            { name: titleOf(x), text: formatMean(at.x, unitX) },
            { name: titleOf(y), text: formatMean(at.y, unitY) },
          ]}
        />
      ) : (
        <ChartReadout title="" values={[]} />
      )}
      <div className="row legends">
        <Legend entries={entries} hidden={hidden} onToggle={toggleArm} />
        <ShapeLegend models={compare.models} hidden={without} onToggle={toggle} />
      </div>
    </Panel>
  )
}

interface AxisSelectProps {
  readonly label: string
  readonly value: string
  onChange(metric: string): void
}

function AxisSelect({ label, value, onChange }: AxisSelectProps): ReactNode {
  return (
    <label className="muted">
      {label}{' '}
      <select aria-label={`${label} axis`} value={value} onChange={(event) => onChange(event.target.value)}>
        {AXES.map(({ metric, title }) => (
          <option key={metric} value={metric}>
            {title}
          </option>
        ))}
      </select>
    </label>
  )
}
