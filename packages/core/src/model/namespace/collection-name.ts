const COLLECTION = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a string can name a collection. */
export function isCollectionName(name: unknown): name is string {
  return typeof name === 'string' && COLLECTION.test(name)
}
