/** A policy's text in a code editor. */
import { javascript } from '@codemirror/lang-javascript'
import type { ReactNode } from 'react'
import type { Problem } from '../../../sim/base/result.ts'
import { useCodeEditor } from './code-editor.ts'

export interface PolicyEditorProps {
  readonly file: string
  readonly text: string
  readonly problems: readonly Problem[]
  onChange(text: string): void
}

const extensions = () => [javascript({ typescript: true })]

export default function PolicyEditor({ file, ...rest }: PolicyEditorProps): ReactNode {
  return <div ref={useCodeEditor({ ...rest, file: `./${file}`, label: `Policy ${file}`, extensions })} />
}
