/** How the page's editors look, and how the lab's complaints stand in them. */
import { HighlightStyle } from '@codemirror/language'
import type { Diagnostic } from '@codemirror/lint'
import type { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Problem } from '../../../sim/base/result.ts'

/** Of a contrast of 4.5 on the sunken background; the charts' colours are made for less. */
export const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.content], color: 'var(--text)' },
  { tag: [tags.number, tags.bool, tags.keyword], color: 'var(--warn)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--muted)', fontStyle: 'italic' },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: 'var(--good)' },
])

export const look = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--sunken)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--muted)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'var(--panel)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--panel)', color: 'var(--text)', border: '1px solid var(--line-strong)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--panel)' },
  '.cm-panels': { backgroundColor: 'var(--panel)', color: 'var(--text)' },
})

export function diagnosticsOf(problems: readonly Problem[], state: EditorState, path: string): Diagnostic[] {
  return problems
    .filter((problem) => problem.file === undefined || problem.file === path)
    .map(({ line = 1, column = 1, message, path: place }) => {
      const at = state.doc.line(Math.min(line, state.doc.lines))
      const from = Math.min(at.to, at.from + column - 1)
      return { from, to: Math.max(from, at.to), severity: 'error', message: [place, message].filter(Boolean).join(' ') }
    })
}
