/** The scenario's text in a code editor: YAML colours, completion from the schema, and the loader's own complaints inline. */
import {
  autocompletion,
  closeBrackets,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, foldGutter, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, setDiagnostics } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { type ReactNode, useEffect, useRef } from 'react'
import type { Problem } from '../../../sim/base/result.ts'
import { useDashboard } from '../../state/store.ts'
import { colours, diagnosticsOf, look } from './editor-look.ts'
import { keysAt, pathAbove, valuesAt } from './schema-words.ts'

export interface YamlEditorProps {
  readonly path: string
  readonly text: string
  readonly problems: readonly Problem[]
  onChange(text: string): void
}

function complete(context: CompletionContext): CompletionResult | null {
  const schema = useDashboard.getState().catalog?.schema
  if (schema === undefined) return null
  const line = context.state.doc.lineAt(context.pos)
  const before = line.text.slice(0, context.pos - line.from)
  const word = /[\w-]*$/.exec(before)?.[0] ?? ''
  if (word === '' && !context.explicit) return null
  const lines = context.state.doc.toString().split('\n')
  const value = /^( *(?:- +)*)([\w-]+): +[\w-]*$/.exec(before)
  const path = pathAbove(lines, line.number - 1, value?.[1]?.length ?? before.length - word.length)
  const words = value === null ? keysAt(schema, path) : valuesAt(schema, [...path, value[2]!])
  return {
    from: context.pos - word.length,
    options: words.map(({ label, info, kind }) => ({
      label,
      type: kind,
      apply: kind === 'property' ? `${label}: ` : label,
      ...(info === '' ? {} : { info }),
    })),
  }
}

export default function YamlEditor({ path, text, problems, onChange }: YamlEditorProps): ReactNode {
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
          foldGutter(),
          history(),
          drawSelection(),
          indentUnit.of('  '),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          autocompletion({ override: [complete] }),
          lintGutter(),
          yaml(),
          syntaxHighlighting(colours),
          look,
          EditorView.contentAttributes.of({ 'aria-label': 'Scenario as YAML', tabindex: '0' }),
          // Tab leaves the editor, as it must for those without a mouse.
          keymap.of([...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
    // A new path is a new document with a history of its own.
  }, [path])
  useEffect(() => {
    const made = view.current
    if (made === undefined || made.state.doc.toString() === text) return
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } })
  }, [text])
  useEffect(() => {
    const made = view.current
    if (made !== undefined) made.dispatch(setDiagnostics(made.state, diagnosticsOf(problems, made.state, path)))
  }, [problems, path])
  return <div ref={box} />
}
