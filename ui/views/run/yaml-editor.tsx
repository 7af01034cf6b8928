/** The scenario's text in a code editor: YAML colours, folds, and completion from the schema. */
import {
  autocompletion,
  type CompletionContext,
  completionKeymap,
  type CompletionResult,
} from '@codemirror/autocomplete'
import { yaml } from '@codemirror/lang-yaml'
import { foldGutter } from '@codemirror/language'
import { highlightSelectionMatches } from '@codemirror/search'
import { keymap } from '@codemirror/view'
import type { ReactNode } from 'react'
import type { Problem } from '../../../sim/base/result.ts'
import { useDashboard } from '../../state/store.ts'
import { useCodeEditor } from './code-editor.ts'
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

const extensions = () => [
  foldGutter(),
  highlightSelectionMatches(),
  autocompletion({ override: [complete] }),
  yaml(),
  keymap.of(completionKeymap),
]

export default function YamlEditor({ path, ...rest }: YamlEditorProps): ReactNode {
  return <div ref={useCodeEditor({ ...rest, file: path, label: 'Scenario as YAML', extensions })} />
}
