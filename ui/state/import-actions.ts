/** A log becomes a scenario in the editor, with its trace beside it, and is one press from being replayed. */
import type { NamedBytes, Texts } from '../worker/protocol.ts'
import { changeDraft, setDraft } from './draft-actions.ts'
import { go, notify } from './selection-actions.ts'
import { lab, useDashboard } from './store.ts'

const { getState, setState } = useDashboard

/** Whose Macs serve a log that knows none, unless another shipped scenario is open. */
const FLEET_OF = 'scenarios/headline/recorded-hour.yaml'
const FOLDER = 'imported'

/** The log's demand on the Macs of another scenario, which brings its models and policies as well. */
function onFleetOf(base: string, demand: string): string {
  const kept = demand
    .split('\n')
    .filter((line) => !line.startsWith('models:'))
    .join('\n')
  return `# The log knows no Macs: these are the other scenario's. Change what stands here as you like.\nextends: ../${base}\nwarmup: 0s\nexpect: []\ntimeline: []\nassumed: []\n${kept}`
}

/** undefined: the importer made no scenario of it, and its text says why. */
function scenarioOf(files: Texts): string | undefined {
  if (files['scenario.yaml'] !== undefined) return files['scenario.yaml']
  const demand = files['demand.yaml']
  if (demand === undefined) return undefined
  const { draft, dataset, scenarios } = getState()
  const open = [draft?.path, dataset?.path].find((path) => scenarios.some((shipped) => shipped.path === path))
  return onFleetOf(open ?? FLEET_OF, demand)
}

/** What keeps the log from being imported; undefined: nothing. */
export async function importLogs(logs: readonly NamedBytes[]): Promise<string | undefined> {
  const label = `importing ${logs.map(({ name }) => name).join(', ')}`
  setState({ running: { share: 0, label, cancellable: false } })
  try {
    const answer = await lab.call<'import'>(
      { op: 'import', logs },
      logs.map(({ bytes }) => bytes.buffer),
    )
    if (answer.kind === 'refused') return answer.text
    const text = scenarioOf(answer.files)
    if (text === undefined) {
      notify({ tone: 'info', text: answer.text })
      return undefined
    }
    go('run')
    const beside = Object.fromEntries(Object.entries(answer.files).map(([name, each]) => [`${FOLDER}/${name}`, each]))
    await setDraft(`${FOLDER}/${answer.name}.yaml`, text, true, beside)
    changeDraft({ imported: answer.text })
    return undefined
  } finally {
    setState({ running: undefined })
  }
}
