/** Light or dark: what the user chose, else what the system prefers. Charts redraw with the name that is returned. */
import { useEffect, useSyncExternalStore } from 'react'
import { useDashboard } from '../state/store.ts'

const query = matchMedia('(prefers-color-scheme: dark)')

const subscribe = (changed: () => void): (() => void) => {
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}

export function useThemeName(): 'light' | 'dark' {
  const theme = useDashboard((state) => state.theme)
  const dark = useSyncExternalStore(subscribe, () => query.matches)
  return theme === 'auto' ? (dark ? 'dark' : 'light') : theme
}

export function useTheme(): void {
  const name = useThemeName()
  // Before the first paint would be better still; the store is filled before React renders, so this is the first commit.
  useEffect(() => void (document.documentElement.dataset['theme'] = name), [name])
}
