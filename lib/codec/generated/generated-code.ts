let allowed: boolean | undefined

/** Whether this process may make functions from text (`node --disallow-code-generation-from-strings` forbids it). */
export const mayGenerateCode = (): boolean => {
  allowed ??= canCompile()
  return allowed
}

const canCompile = (): boolean => {
  try {
    return new Function('return true')() === true
  } catch {
    return false
  }
}

const maxCached = 200
const cache = new Map<string, unknown>()

/**
 * Makes what the code returns. The same code gives the same object, so that what the engine has learnt of it serves the
 * next stream of the same schema too. Only numbers and JSON.stringify'd names may ever be put into the code.
 */
export const generate = <T>(code: string, constants: Readonly<Record<string, unknown>>): T => {
  let made = cache.get(code)
  if (made === undefined) {
    made = new Function(...Object.keys(constants), code)(...Object.values(constants))
    if (cache.size >= maxCached) cache.delete(cache.keys().next().value!)
    cache.set(code, made)
  }
  return made as T
}
