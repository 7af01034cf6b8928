/** Buttons that take a chart along as PNG, SVG or CSV. */
import type { ReactNode, RefObject } from 'react'
import { type ChartCaption, download, fileName, pngFile, svgFile, textFile } from './chart-file.ts'

export interface ChartDownloadsProps {
  /** Start of the files' names. */
  readonly name: string
  readonly svg: RefObject<SVGSVGElement | null>
  readonly caption: ChartCaption
  csv(): string
  onError(error: unknown): void
}

export function ChartDownloads({ name, svg, caption, csv, onError }: ChartDownloadsProps): ReactNode {
  const drawn = (): string | undefined => (svg.current === null ? undefined : svgFile(svg.current, caption))
  const saveSvg = (): void => {
    const content = drawn()
    if (content !== undefined) download(fileName(`${name}.svg`), textFile(content, 'image/svg+xml'))
  }
  const savePng = (): void => {
    const content = drawn()
    if (content !== undefined) pngFile(content).then((blob) => download(fileName(`${name}.png`), blob), onError)
  }
  const saveCsv = (): void => download(fileName(`${name}.csv`), textFile(csv(), 'text/csv'))
  return (
    <span className="downloads" role="group" aria-label={`Download ${caption.title}`}>
      {(
        [
          ['PNG', savePng],
          ['SVG', saveSvg],
          ['CSV', saveCsv],
        ] as const
      ).map(([kind, save]) => (
        <button key={kind} type="button" aria-label={`${kind} of ${caption.title}`} onClick={save}>
          {kind}
        </button>
      ))}
    </span>
  )
}
