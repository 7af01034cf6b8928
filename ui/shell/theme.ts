/** Light or dark: what the user chose, else what the system prefers. Charts redraw with the name that is returned. */
import { useSyncExternalStore } from 'react'
import type { Theme } from '../state/dashboard.ts'
import { useDashboard } from '../state/store.ts'

const query = matchMedia('(prefers-color-scheme: dark)')

const subscribe = (changed: () => void): (() => void) => {
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}

const nameOf = (theme: Theme, dark: boolean): 'light' | 'dark' => (theme === 'auto' ? (dark ? 'dark' : 'light') : theme)

export function useThemeName(): 'light' | 'dark' {
  const theme = useDashboard((state) => state.theme)
  const dark = useSyncExternalStore(subscribe, () => query.matches)
  return nameOf(theme, dark)
}

/**
 * Before the first paint, and from then on before React hears of a change: whoever draws on a canvas reads the colours of the
 * page while it renders, and would read those of before.
 */
export function followTheme(): void {
  const apply = (): void => {
    document.documentElement.dataset['theme'] = nameOf(useDashboard.getState().theme, query.matches)
  }
  apply()
  useDashboard.subscribe((state, before) => void (state.theme !== before.theme && apply()))
  query.addEventListener('change', apply)
}
