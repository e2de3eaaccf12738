const NAMESPACES_KEY = 'docstore.namespaces/'
const TOPICS_KEY = 'docstore.topics/'

/** Ids of namespaces of a network that were asked for here and may not have arrived yet. */
export function rememberedNamespaces(network: string): readonly string[] {
  return readStrings(NAMESPACES_KEY + network)
}

/** Notes the id of a namespace that is wanted here. */
export function rememberNamespace(network: string, id: string): void {
  const ids = rememberedNamespaces(network)
  if (!ids.includes(id)) writeStrings(NAMESPACES_KEY + network, [...ids, id])
}

/** Forgets the id of a namespace: it has arrived, or is not wanted any more. */
export function forgetNamespace(network: string, id: string): void {
  const ids = rememberedNamespaces(network)
  if (ids.includes(id)) {
    writeStrings(
      NAMESPACES_KEY + network,
      ids.filter((one) => one !== id),
    )
  }
}

/** Topics of a network that are listened to. */
export function rememberedTopics(network: string): readonly string[] {
  return readStrings(TOPICS_KEY + network)
}

/** Notes which topics are listened to. */
export function rememberTopics(network: string, topics: readonly string[]): void {
  writeStrings(TOPICS_KEY + network, topics)
}

function readStrings(key: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
  } catch {
    return []
  }
}

function writeStrings(key: string, values: readonly string[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(values))
  } catch {
    // Without it the page asks again next time.
  }
}
