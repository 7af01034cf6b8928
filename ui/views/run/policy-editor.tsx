/** A policy's text in a code editor, with what the lab says of it inline. */
import { closeBrackets } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { bracketMatching, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, setDiagnostics } from '@codemirror/lint'
import { searchKeymap } from '@codemirror/search'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { type ReactNode, useEffect, useRef } from 'react'
import type { Problem } from '../../../sim/base/result.ts'
import { colours, diagnosticsOf, look } from './editor-look.ts'

export interface PolicyEditorProps {
  readonly file: string
  readonly text: string
  readonly problems: readonly Problem[]
  onChange(text: string): void
}

export default function PolicyEditor({ file, text, problems, onChange }: PolicyEditorProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | undefined>(undefined)
  const changed = useRef(onChange)
  changed.current = onChange
  useEffect(() => {
    const made = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          indentUnit.of('  '),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          lintGutter(),
          javascript({ typescript: true }),
          syntaxHighlighting(colours),
          look,
          EditorView.contentAttributes.of({ 'aria-label': `Policy ${file}`, tabindex: '0' }),
          keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
    // Another file is another document with a history of its own.
  }, [file])
  useEffect(() => {
    const made = view.current
    if (made === undefined || made.state.doc.toString() === text) return
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } })
  }, [text])
  useEffect(() => {
    const made = view.current
    if (made !== undefined) made.dispatch(setDiagnostics(made.state, diagnosticsOf(problems, made.state, `./${file}`)))
  }, [problems, file])
  return <div ref={box} />
}
