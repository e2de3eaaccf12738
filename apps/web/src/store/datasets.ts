/** The data of one network in this browser. */
export interface Dataset {
  /** Name under which the library keeps it. */
  readonly data: string
  readonly network: string
  readonly networkName: string
}

/** Data that is used unless another was chosen. */
const DEFAULT_DATA = 'default'
/** Keeps nothing. */
export const MEMORY_DATA = 'memory'

const DATASETS_KEY = 'docstore.datasets'
const CURRENT_KEY = 'docstore.current'

/** Every network of which this browser has data. */
export function listDatasets(): readonly Dataset[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(DATASETS_KEY) ?? '[]')
    return Array.isArray(value) ? value.filter(isDataset) : []
  } catch {
    return []
  }
}

function isDataset(value: unknown): value is Dataset {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('network' in value) || !('networkName' in value)) return false
  return typeof value.data === 'string' && typeof value.network === 'string' && typeof value.networkName === 'string'
}

/** Name of the data that this browser uses now. */
export function currentData(): string {
  return localStorage.getItem(CURRENT_KEY) ?? DEFAULT_DATA
}

/** Notes which network a name of data belongs to. */
export function rememberDataset(dataset: Dataset): void {
  const others = listDatasets().filter(({ data }) => data !== dataset.data)
  localStorage.setItem(DATASETS_KEY, JSON.stringify([...others, dataset]))
}

/** Chooses data for a network from the next start on: what is here already, else a new one beside it. */
export function chooseDataFor(network: string): void {
  const known = listDatasets().find((dataset) => dataset.network === network)
  chooseData(known?.data ?? `n-${network.slice(-40)}`)
}

/** Chooses data by name, from the next start on. */
export function chooseData(data: string): void {
  localStorage.setItem(CURRENT_KEY, data)
}
