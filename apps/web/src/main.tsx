import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { keepPage } from './keep-page.ts'
import { Opener } from './store/opener.ts'

const opener = new Opener()
void opener.open()
const root = document.getElementById('app')
if (root !== null) createRoot(root).render(<App opener={opener} />)
keepPage()
