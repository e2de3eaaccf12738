/** Names that stand in a path as they are: no dots, no quotation marks, and nothing that could be an operator or a place in an array. */
const PLAIN = /^[^.$"\d\0][^."\0]*$/

/** The path to a field, whatever the names on the way are: what a path would read otherwise stands in quotation marks. */
export function fieldPath(names: readonly string[]): string {
  return names.map((name) => (PLAIN.test(name) ? name : JSON.stringify(name))).join('.')
}
