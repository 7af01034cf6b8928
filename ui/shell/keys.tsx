/** The keys of the whole page, and the list of all keys that `?` shows. */
import { type ReactNode, useEffect, useRef } from 'react'
import { type Theme, VIEWS } from '../state/dashboard.ts'
import { go, setTheme } from '../state/selection-actions.ts'
import { useDashboard } from '../state/store.ts'

type Keys = readonly (readonly [keys: string, does: string])[]

const LIST: readonly (readonly [where: string, keys: Keys])[] = [
  [
    'Everywhere',
    [
      ['Alt 1 … 6', 'open a view'],
      ['/', 'go to the first field of the view'],
      ['t', 'next theme: auto, light, dark'],
      ['?', 'this list'],
      ['Tab, Shift Tab', 'next and previous control'],
      ['Alt ←, Alt →', 'back and forward, as in any page'],
    ],
  ],
  ['Tabs', [['← →', 'previous and next view']]],
  [
    'Charts',
    [
      ['← →', 'read values over time'],
      ['+ −', 'zoom in and out around the value read'],
      ['Esc', 'show the whole run'],
    ],
  ],
  [
    'Requests',
    [
      ['↑ ↓, Page Up, Page Down', 'move in the list'],
      ['Home, End', 'first and last of the list'],
      ['Enter', 'open the request'],
    ],
  ],
  ['Tables', [['Enter', 'on a head: sort; on a row: choose it']]],
  [
    'Editor',
    [
      ['Ctrl Space', 'complete'],
      ['Tab', 'leave the editor'],
    ],
  ],
]

const THEMES: readonly Theme[] = ['auto', 'light', 'dark']

/** Letters belong to fields and editors while one is being typed in. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName))

/** Alt and a digit from anywhere, since plain digits belong to fields; letters outside of fields. */
function handle(event: KeyboardEvent, help: HTMLDialogElement | null): boolean {
  const view = event.altKey ? VIEWS[Number(event.code.replace('Digit', '')) - 1] : undefined
  if (view !== undefined) {
    go(view)
    return true
  }
  if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return false
  switch (event.key) {
    case '?':
      if (help?.open === false) help.showModal()
      else help?.close()
      return true
    case '/': {
      const field = document.querySelector<HTMLElement>(
        'main :is(input:not([hidden], .visually-hidden), select, [contenteditable="true"])',
      )
      field?.focus()
      return field !== null
    }
    case 't': {
      const { theme } = useDashboard.getState()
      setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!)
      return true
    }
    default:
      return false
  }
}

export function Keys(): ReactNode {
  const help = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && handle(event, help.current)) event.preventDefault()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
  return (
    <>
      <button type="button" aria-haspopup="dialog" title="Keys (?)" onClick={() => help.current?.showModal()}>
        Keys
      </button>
      <dialog ref={help} className="keys" aria-labelledby="keys-title">
        <header className="row">
          <h2 id="keys-title">Keys</h2>
          <button type="button" onClick={() => help.current?.close()}>
            Close
          </button>
        </header>
        {LIST.map(([where, keys]) => (
          <section key={where} aria-label={where}>
            <h3>{where}</h3>
            <dl>
              {keys.map(([key, does]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </dialog>
    </>
  )
}
