/** Whether a value is an object of fields. Unlike `isPlainObject`, not a `Map`, a `Set` or a `Date`: these have no fields, and would pass for an empty one. */
export function isRecordLike(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]'
}
