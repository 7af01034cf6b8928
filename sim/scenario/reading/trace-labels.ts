/** Whether the models that a recording names are models here, for streams that take each request's model from its row. */
import { isMixOfTrace, modelOfLabel, type ProcessStream } from '../../demand/config.ts'
import type { TraceFile } from '../../demand/recorded/trace-file.ts'
import type { Complaint } from './complaint.ts'
import { buildOf } from '../format/model-entry.ts'
import type { Path } from './path.ts'
import type { ScenarioDocument } from '../format/schema.ts'
import { everyAlias } from '../checks/semantics.ts'
import { suggestion } from './suggestion.ts'

/** Labels named in a message; more are counted. */
const NAMED = 5

/** `at`: of the mix. */
export function labelComplaints(
  mix: ProcessStream['mix'],
  { labels, path }: TraceFile,
  document: ScenarioDocument,
  at: Path,
): readonly Complaint[] {
  if (!isMixOfTrace(mix)) return []
  if (labels === undefined)
    return [{ path: at, message: `needs a recording with a column \`model\`, and ${fileName(path)} has none` }]
  const unheard = [
    ...Object.keys(mix.as ?? {}).map((label) => ['as', label]),
    ...(mix.only ?? []).map((label) => ['only', label]),
  ]
    .filter(([, label]) => !labels.includes(label!))
    .map(([key, label]): Complaint => {
      const place = key === 'as' ? ['as', label!] : ['only', mix.only!.indexOf(label!)]
      const message = `\`${label}\` is no model of the recording; ${suggestion(label!, labels, 'there are')}`
      return { path: [...at, ...place], message, atKey: key === 'as' }
    })
  const known = new Set([...everyAlias(document), ...document.models.map(buildOf)])
  const strange = labels
    .filter((label) => mix.only?.includes(label) ?? true)
    .filter((label) => !known.has(modelOfLabel(mix, label)))
  if (strange.length === 0) return unheard
  const rest = strange.length - NAMED
  const names = strange.slice(0, NAMED).map((label) => (label === '' ? 'rows without a model' : `\`${label}\``))
  const listed = names.join(', ') + (rest > 0 ? ` and ${rest} more` : '')
  const message = `the recording has ${listed}, which no model and no alias here is called; say what stands for them with \`as\` or \`others\``
  return [...unheard, { path: at, message }]
}

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
