import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BrowserContext, Page } from 'playwright'
import type { TabApi } from './tab-page/main.ts'

const WEB = fileURLToPath(new URL('../../apps/web/', import.meta.url))
const PAGE = fileURLToPath(new URL('tab-page/', import.meta.url))
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }

/** The page that gives tests a store in a tab, built and served. */
export interface TabPage {
  readonly url: string
  close(): void
}

/** Builds the page into a folder and serves it from there. */
export async function serveTabPage(folder: string): Promise<TabPage> {
  await promisify(execFile)('npx', ['vite', 'build', PAGE, '--config', 'vite.config.ts', '--mode', 'test', '--outDir', folder, '--emptyOutDir'], {
    cwd: WEB,
  })
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = join(folder, pathname === '/' ? 'index.html' : pathname)
    readFile(path).then(
      (body) => response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain').end(body),
      () => response.writeHead(404).end(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The page has no port')
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() }
}

/** A tab with a store on the data that all tabs of its browser share. */
export class Tab {
  readonly page: Page
  readonly #url: string
  readonly #join: string

  private constructor(page: Page, { url, join }: { url: string; join: string }) {
    this.page = page
    this.#url = url
    this.#join = join
  }

  /** Opens a tab of this page on the network of a link. */
  static async open(context: BrowserContext, where: { readonly url: string; readonly join: string }): Promise<Tab> {
    const tab = new Tab(await context.newPage(), where)
    await tab.load()
    return tab
  }

  /** Loads the page, again if it was there. */
  async load(): Promise<void> {
    await this.page.goto(this.#url)
    await this.page.evaluate((join) => window.openTab(join), this.#join)
  }

  /** Calls a method of the tab's store. */
  async call<K extends Methods>(method: K, ...args: Parameters<TabApi[K]>): Promise<Awaited<ReturnType<TabApi[K]>>> {
    const result = await this.page.evaluate(([name, rest]) => (window.tab[name] as (...all: unknown[]) => unknown)(...rest), [method, args] as const)
    return result as Awaited<ReturnType<TabApi[K]>>
  }

  /** What the tab has noted so far. */
  async notes<K extends Lists>(name: K): Promise<TabApi[K]> {
    return (await this.page.evaluate((list) => window.tab[list], name)) as TabApi[K]
  }
}

type Lists = 'owners' | 'changes' | 'written' | 'messages' | 'errors'
type Methods = Exclude<keyof TabApi, Lists>
