/** Takes a Web Lock; resolves with the way to let it go. Rejects when the signal aborts before. */
export function takeLock(name: string, options: LockOptions = {}): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, options, () => new Promise<void>((release) => resolve(release))).catch(reject)
  })
}

/** Takes a Web Lock if nobody has it; `undefined` otherwise. */
export function tryLock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock !== null) return new Promise<void>((release) => resolve(release))
        resolve(undefined)
      })
      .catch(reject)
  })
}

/** Calls back when whoever holds a lock has let it go, or is gone; not after the signal aborts. */
export function whenFree(name: string, signal: AbortSignal, listener: () => void): void {
  // It rejects when the signal aborts: nobody waits any more.
  navigator.locks.request(name, { mode: 'shared', signal }, () => undefined).then(listener, () => undefined)
}
