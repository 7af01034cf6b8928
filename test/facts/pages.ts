/** The pages of docs/facts as what can be cited: section numbers by their headings, codes by table rows. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FAMILIES } from './citations.ts'

export interface Page {
  readonly name: string
  readonly text: string
  /** "4", "4.2": the numbers that headings begin with. */
  readonly sections: ReadonlySet<string>
  /** First cells of table rows; a range "H1 … H5" stands for all of it. */
  readonly codes: ReadonlySet<string>
}

export function readPages(folder: string): ReadonlyMap<string, Page> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')
  return new Map(
    names.map((name) => [basename(name, '.md'), page(basename(name, '.md'), readFileSync(join(folder, name), 'utf8'))]),
  )
}

export function page(name: string, text: string): Page {
  const sections = new Set([...text.matchAll(/^#+ (\d+(?:\.\d+)?)[. ]/gmu)].map((match) => match[1]!))
  return { name, text, sections, codes: new Set(firstCells(text).flatMap(expanded)) }
}

/** Rows of a table of two columns by their first cell. */
export function tableAfter(text: string, header: string): ReadonlyMap<string, string> {
  const start = text.indexOf(header)
  if (start < 0) throw new Error(`there is no table that begins with "${header}"`)
  const rows = new Map<string, string>()
  for (const line of text.slice(start).split('\n').slice(2)) {
    if (!line.startsWith('|')) break
    const [, first, second] = line.split('|').map((cell) => cell.trim())
    rows.set(first!.replaceAll('`', ''), second!)
  }
  return rows
}

/** Anchors of headings as they are made by the usual rule: lower case, blanks to hyphens, all else gone. */
export const anchors = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ (.+)$/gmu)].map((match) =>
      match[1]!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

const CODE = new RegExp(`^(?:${FAMILIES})\\d+$`, 'u')

const firstCells = (text: string): readonly string[] =>
  [...text.matchAll(/^\| ?([^|\n]+?) ?\|/gmu)].map((match) => match[1]!)

function expanded(cell: string): readonly string[] {
  const range = /^([A-Z]+)(\d+) … [A-Z]+(\d+)$/u.exec(cell)
  if (range === null) return CODE.test(cell) ? [cell] : []
  const [, family, first, last] = range
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => `${family}${Number(first) + i}`)
}
