/** The page's entry: state first, so that the first paint already knows its address. */
import { createRoot } from 'react-dom/client'
import { App } from './shell/app.tsx'
import { followTheme } from './shell/theme.ts'
import { followForgotten } from './state/forgotten-rows.ts'
import { keepAddress } from './state/history.ts'
import { start } from './state/open-actions.ts'
import './style/base.css'
import './style/shell.css'
import './style/parts.css'

keepAddress()
followTheme()
followForgotten()
const root = document.querySelector('#root')
if (root !== null) createRoot(root).render(<App />)
void start()
