/** A real coordinator beside the lab, for a terminal. */
import type { AgreeFigure, AgreeResult, Agreement } from '../../../lab/compare/agree.ts'
import { type Paint, plainPaint, type TextCell, type Tone } from '../../form/paint.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { formatValue } from '../../form/unit.ts'

const TONES: { readonly [agreement in Agreement]: Tone } = {
  agrees: 'good',
  differs: 'bad',
  unclear: 'strong',
  unseen: 'dim',
}
const WORDS: { readonly [agreement in Agreement]: string } = {
  agrees: 'agrees',
  differs: 'differs',
  unclear: 'cannot tell',
  unseen: 'not seen',
}

const shown = (value: number | null, { unit }: AgreeFigure): string => formatValue(value, unit)

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b)
  return known[Math.floor((known.length - 1) / 2)] ?? null
}

function tableOf({ figures }: AgreeResult): Table {
  return {
    columns: [
      { head: 'model', align: 'left' },
      { head: 'figure', align: 'left' },
      { head: 'lab, median', align: 'right' },
      { head: 'band', align: 'right' },
      { head: 'real', align: 'right' },
      { head: 'outside', align: 'right' },
      { head: '', align: 'left' },
    ],
    rows: figures.map((figure): readonly TextCell[] => {
      const { model, band, real, outside, agreement } = figure
      return [
        model === '' ? 'the fleet' : model,
        figure.figure,
        shown(median(figure.lab), figure),
        band === null ? '–' : `${shown(band[0], figure)} – ${shown(band[1], figure)}`,
        real.map((value) => shown(value, figure)).join(', '),
        band === null ? '–' : `${outside} of ${real.filter((value) => value !== null).length}`,
        { text: WORDS[agreement], tone: TONES[agreement] },
      ]
    }),
  }
}

export function formatAgree(result: AgreeResult, paint: Paint = plainPaint): string {
  const { scenario, seeds, real, policy, band_covers, agreement } = result
  const covers = formatValue(band_covers, 'share')
  const verdict = {
    agrees: 'agrees: no figure lies outside more often than further runs of the lab would',
    differs: 'differs: some figures lie outside more often than chance over all of them would have it',
    unclear: 'cannot tell: some figures lie outside more often than usual; play it more often',
  }[agreement]
  return [
    paint('strong', `${scenario.name}, lab under ${policy}`),
    paint(
      'dim',
      `bands of ${seeds.length} runs of the lab: one further run lies in each with ${covers} probability; ${real.length} real ${real.length === 1 ? 'run, which can hardly be told from one of them' : 'runs'}; alike within a band is not equal: read its width`,
    ),
    '',
    formatTable(tableOf(result), paint),
    '',
    paint(TONES[agreement], verdict),
  ].join('\n')
}
