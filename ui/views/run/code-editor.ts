/** A text in a code editor, with what the lab says of it inline: what the editors of scenarios and of policies have in common. */
import { closeBrackets } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { bracketMatching, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, setDiagnostics } from '@codemirror/lint'
import { searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { type RefObject, useEffect, useRef } from 'react'
import type { Problem } from '../../../sim/base/result.ts'
import { colours, diagnosticsOf, look } from './editor-look.ts'

export interface CodeEditorOptions {
  /** Another file is another document with a history of its own. */
  readonly file: string
  readonly text: string
  readonly problems: readonly Problem[]
  readonly label: string
  /** The language, and what else it brings. */
  extensions(): readonly Extension[]
  onChange(text: string): void
}

/** The element that the editor stands in. */
export function useCodeEditor(options: CodeEditorOptions): RefObject<HTMLDivElement | null> {
  const { file, text, problems } = options
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | undefined>(undefined)
  const latest = useRef(options)
  latest.current = options
  useEffect(() => {
    const { extensions, label } = latest.current
    const made = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: latest.current.text,
        extensions: [
          lineNumbers(),
          extensions(),
          history(),
          drawSelection(),
          indentUnit.of('  '),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          lintGutter(),
          syntaxHighlighting(colours),
          look,
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          // No Tab: it leaves the editor, as it must for those without a mouse.
          keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [file])
  useEffect(() => {
    const made = view.current
    if (made === undefined || made.state.doc.toString() === text) return
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } })
  }, [text])
  useEffect(() => {
    const made = view.current
    if (made !== undefined) made.dispatch(setDiagnostics(made.state, diagnosticsOf(problems, made.state, file)))
  }, [problems, file])
  return box
}
