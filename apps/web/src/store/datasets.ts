/** Data of this browser: of the networks that this page is in, or of those that an earlier version kept apart from them. */
export interface Dataset {
  /** Name under which the library keeps it. */
  readonly data: string
  readonly networkName: string
}

/** Data that is used unless another was chosen. */
const DEFAULT_DATA = 'default'
/** Keeps nothing. */
export const MEMORY_DATA = 'memory'

const DATASETS_KEY = 'docstore.datasets'
const CURRENT_KEY = 'docstore.current'
const NETWORK_KEY = 'docstore.network'

/** All data that there is in this browser. */
export function listDatasets(): readonly Dataset[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(DATASETS_KEY) ?? '[]')
    return Array.isArray(value) ? value.filter(isDataset) : []
  } catch {
    return []
  }
}

function isDataset(value: unknown): value is Dataset {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('networkName' in value)) return false
  return typeof value.data === 'string' && typeof value.networkName === 'string'
}

/** Name of the data that this browser uses now. */
export function currentData(): string {
  return localStorage.getItem(CURRENT_KEY) ?? DEFAULT_DATA
}

/** Notes that there is data of this name, and a network that it is in. */
export function rememberDataset(dataset: Dataset): void {
  localStorage.setItem(DATASETS_KEY, JSON.stringify([...withoutData(dataset.data), dataset]))
}

/** Forgets that there is: the page begins anew with it. */
export function forgetDataset(data: string): void {
  localStorage.setItem(DATASETS_KEY, JSON.stringify(withoutData(data)))
}

function withoutData(name: string): readonly Dataset[] {
  return listDatasets().filter(({ data }) => data !== name)
}

/** Chooses data by name, from the next start on. */
export function chooseData(data: string): void {
  localStorage.setItem(CURRENT_KEY, data)
}

/** Id of the network that this tab shows; nothing where none was chosen. */
export function chosenNetwork(): string | undefined {
  return sessionStorage.getItem(NETWORK_KEY) ?? undefined
}

/** Notes which network this tab shows. */
export function chooseNetwork(id: string): void {
  sessionStorage.setItem(NETWORK_KEY, id)
}
