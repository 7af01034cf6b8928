/** Buttons that take a chart along as PNG, SVG or CSV. */
import type { ReactNode } from 'react'
import { download, fileName, pngFile, textFile } from './chart-file.ts'

export interface ChartDownloadsProps {
  /** Start of the files' names. */
  readonly name: string
  /** Of the chart, for those who hear it. */
  readonly title: string
  /** A file that stands alone; undefined: nothing is drawn yet. */
  svg(): Promise<string | undefined> | string | undefined
  csv(): string
  onError(error: unknown): void
}

export function ChartDownloads({ name, title, svg, csv, onError }: ChartDownloadsProps): ReactNode {
  const save = async (kind: 'PNG' | 'SVG' | 'CSV'): Promise<void> => {
    if (kind === 'CSV') return download(fileName(`${name}.csv`), textFile(csv(), 'text/csv'))
    const content = await svg()
    if (content === undefined) return undefined
    if (kind === 'SVG') return download(fileName(`${name}.svg`), textFile(content, 'image/svg+xml'))
    return download(fileName(`${name}.png`), await pngFile(content))
  }
  return (
    <span className="downloads" role="group" aria-label={`Download ${title}`}>
      {(['PNG', 'SVG', 'CSV'] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          aria-label={`${kind} of ${title}`}
          onClick={() => void save(kind).catch(onError)}
        >
          {kind}
        </button>
      ))}
    </span>
  )
}
