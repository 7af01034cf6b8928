/** What is on screen as files, and as a link: scenario, results, the chosen run's result and rows. Charts are saved beside themselves. */
import type { ReactNode } from 'react'
import { formatJson } from '../../sim/report/form/json.ts'
import { download, fileName, textFile } from '../charts/files/chart-file.ts'
import { LINK_ENDING } from '../data/answer/open-file.ts'
import { summaryOf } from '../data/answer/saved-runs.ts'
import { linkTo } from '../state/links.ts'
import { PACK_MAX } from '../state/link-pack.ts'
import { type DashboardState, selectedRun } from '../state/dashboard.ts'
import { fail, notify } from '../state/selection-actions.ts'
import { lab, useDashboard } from '../state/store.ts'

const { getState } = useDashboard

const json = (name: string, document: unknown): void =>
  download(fileName(name), textFile(formatJson(document), 'application/json'))

/** The editor's text where it is open, else what was run. */
async function saveScenario(): Promise<void> {
  const { draft, dataset, view } = getState()
  if (view === 'run' && draft !== undefined) {
    download(draft.path.split('/').at(-1)!, textFile(draft.text, 'text/yaml'))
    useDashboard.setState({ savedDraft: draft.text })
    return
  }
  const name = fileName(`${dataset?.scenario ?? 'scenario'}.yaml`)
  if (dataset?.source !== undefined) return download(name, textFile(dataset.source.text, 'text/yaml'))
  if (dataset?.path === undefined) throw new Error('Only results were opened: their scenario is not here.')
  const response = await fetch(new URL(dataset.path, document.baseURI))
  if (!response.ok) throw new Error(`${dataset.path} is not there (${response.status})`)
  download(name, textFile(await response.text(), 'text/yaml'))
}

async function saveTrace(): Promise<void> {
  const { dataset } = getState()
  const run = selectedRun(getState())
  if (run?.digest === undefined || dataset === undefined) return
  const of = { scenario: dataset.scenario, policy: run.policy, seed: run.seed }
  const bytes = await lab.call<'save_trace'>({ op: 'save_trace', run: run.digest, of })
  download(fileName(`${of.scenario} ${of.policy} ${of.seed}.fleet`), new Blob([bytes]))
}

const kilobytes = (letters: number): string => `${Math.ceil(letters / 1_000)} kB`

async function copyLink(): Promise<void> {
  const link = await linkTo(getState())
  if ('nothing' in link) throw new Error(link.nothing)
  if ('tooLong' in link)
    throw new Error(
      `What was written here needs ${kilobytes(link.tooLong)} of address; mail programs and chats cut addresses from ${kilobytes(PACK_MAX)} on. Save “Link as a file” instead and open it there.`,
    )
  await navigator.clipboard.writeText(location.href.replace(/#.*$/, '') + link.address)
  notify({ tone: 'info', text: 'The link is copied: it brings back what is on screen.' })
}

/** The same for whatever length: opened like any other file. */
async function saveLink(): Promise<void> {
  const { dataset, draft } = getState()
  const link = await linkTo(getState(), { whole: true })
  if ('nothing' in link) throw new Error(link.nothing)
  if ('tooLong' in link) throw new Error('What was run is not here any more: open the scenario and save it from there.')
  const name = dataset?.scenario ?? draft?.facts?.name ?? 'fleetlab'
  download(fileName(`${name}${LINK_ENDING}`), textFile(`${link.address}\n`, 'text/plain'))
}

interface Item {
  readonly name: string
  readonly enabled: boolean
  save(): void | Promise<void>
}

/** In the editor: every policy that was written beside the scenario. */
const policyItems = ({ view, draft }: DashboardState): readonly Item[] =>
  view !== 'run' || draft === undefined
    ? []
    : Object.entries(draft.own).map(([file, text]) => ({
        name: file,
        enabled: true,
        save: () => {
          download(file, textFile(text, 'text/typescript'))
          useDashboard.setState({ savedDraft: text })
        },
      }))

function itemsOf({ dataset }: DashboardState, run: ReturnType<typeof selectedRun>): readonly Item[] {
  const scenario = dataset?.scenario ?? ''
  const which = run === undefined ? '' : `${run.policy}, seed ${run.seed}`
  const hasCompare = dataset?.compare !== undefined
  return [
    { name: 'Link to what is on screen', enabled: true, save: copyLink },
    { name: 'Link as a file', enabled: true, save: saveLink },
    { name: 'Scenario as YAML', enabled: true, save: saveScenario },
    {
      name: 'All results in one file',
      enabled: hasCompare,
      save: () => dataset !== undefined && json(`${scenario} runs.json`, summaryOf(dataset)),
    },
    { name: 'compare.json', enabled: hasCompare, save: () => json(`${scenario} compare.json`, dataset?.compare) },
    {
      name: `result.json of ${which}`,
      enabled: run?.result !== undefined,
      save: () => json(`${scenario} ${which} result.json`, run?.result),
    },
    { name: `trace.fleet of ${which}`, enabled: run?.trace === 'ready', save: saveTrace },
    { name: 'Print', enabled: true, save: () => print() },
  ].map(({ save, ...item }): Item => ({ ...item, save: async () => void (await save()) }))
}

const hide = (): void => document.querySelector<HTMLElement>('#save-menu')?.hidePopover()

export function SaveMenu(): ReactNode {
  const state = useDashboard()
  return (
    <>
      <button type="button" popoverTarget="save-menu">
        Save
      </button>
      <div id="save-menu" popover="auto" className="pop menu" role="region" aria-label="Save">
        {[...itemsOf(state, selectedRun(state)), ...policyItems(state)].map(({ name, enabled, save }) => (
          <button
            key={name}
            type="button"
            className="plain"
            disabled={!enabled}
            onClick={() => {
              hide()
              void Promise.resolve(save()).catch(fail)
            }}
          >
            {name}
          </button>
        ))}
      </div>
    </>
  )
}
