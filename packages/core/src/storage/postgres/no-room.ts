import { errorCode } from '../../errors.ts'
import type { Room } from '../space/room.ts'

/** The space of a database whose disk is a server's: nothing is measured or kept here. What finds no space fails with `disk-full`, in its own words. */
export class NoRoom implements Pick<Room, keyof Room> {
  readonly canGiveBack = false
  readonly freeBytes = 0

  /** Two processes that wait for each other are told so, one of them: it does the same again. */
  growing<T>(write: () => T): T {
    try {
      return write()
    } catch (error) {
      this.emptyLogAfter(error)
      return write()
    }
  }

  beyondLimit<T>(write: () => T): T {
    return this.growing(write)
  }

  withReserve<T>(write: () => T): T {
    return this.growing(write)
  }

  freeing<T>(write: () => T): T {
    return write()
  }

  withoutOverwriting<T>(write: () => T): T {
    return write()
  }

  emptyLogAfter(error: unknown): void {
    if (errorCode(error) !== 'storage-busy') throw error
  }

  assertWithin(): void {}
  assertPayable(): void {}
  stored(): void {}
  settle(): void {}

  giveBack(): boolean {
    return false
  }
}
