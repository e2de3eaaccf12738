import { errorCode } from '../../errors.ts'

/** The second way where there is no room for the first. What a full store does is loaded when one is full. */
export async function commitOr<T, U>(commit: () => T | Promise<T>, whenFull: () => Promise<U>): Promise<T | U> {
  try {
    return await commit()
  } catch (error) {
    if (errorCode(error) !== 'disk-full') throw error
    return whenFull()
  }
}
