import { MalformedRecord } from '../../transforms/csv-splitter.js'

/** Cuts JSON lines (NDJSON) into their texts. Blank lines are passed over. */
export class LineTexts {
  #rest = ''

  next(text: string): string[] {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    return lines.filter(line => line.trim() !== '')
  }

  end(): (string | MalformedRecord)[] {
    return this.#rest.trim() === '' ? [] : [this.#rest]
  }
}

/**
 * Cuts a JSON array into the texts of its elements, while it is read. Brackets and commas count only outside of strings.
 */
export class ArrayElementTexts {
  #state: 'before' | 'inside' | 'after' = 'before'
  #text = ''
  #at = 0
  #depth = 0
  #inString = false

  next(text: string): (string | MalformedRecord)[] {
    this.#text += text
    const found: (string | MalformedRecord)[] = []
    if (this.#state === 'before' && !this.#begin(found)) return found
    if (this.#state === 'inside') this.#cut(found)
    if (this.#state === 'after' && this.#text.trim() !== '') {
      found.push(new MalformedRecord('text follows the JSON array', this.#text.trim().slice(0, 200)))
      this.#text = ''
    }
    return found
  }

  end(): (string | MalformedRecord)[] {
    if (this.#state === 'after' || (this.#state === 'before' && this.#text.trim() === '')) return []
    return [
      new MalformedRecord('the JSON array is not closed at the end of the file', this.#text.slice(0, 200)),
    ]
  }

  /** @returns whether the array has begun */
  #begin(found: (string | MalformedRecord)[]): boolean {
    const start = this.#text.search(/\S/)
    if (start < 0) return false
    if (this.#text[start] === '[') {
      this.#state = 'inside'
      this.#text = this.#text.slice(start + 1)
      return true
    }
    found.push(
      new MalformedRecord('the file is no JSON array; is it ndjson?', this.#text.slice(start, start + 200)),
    )
    this.#state = 'after'
    this.#text = ''
    return false
  }

  #cut(found: (string | MalformedRecord)[]): void {
    const marks = /["\\[\]{},]/g
    marks.lastIndex = this.#at
    let start = 0
    for (let mark = marks.exec(this.#text); mark !== null; mark = marks.exec(this.#text)) {
      const sign = mark[0]
      if (this.#inString) {
        if (sign === '"') this.#inString = false
        else if (sign === '\\') marks.lastIndex++
      } else if (sign === '"') this.#inString = true
      else if (sign === '[' || sign === '{') this.#depth++
      else if (sign === '}' || (sign === ']' && this.#depth > 0)) this.#depth--
      else if (sign !== '\\' && this.#depth === 0) {
        const element = this.#text.slice(start, mark.index).trim()
        start = mark.index + 1
        if (element !== '' || sign === ',') found.push(element)
        if (sign === ',') continue
        this.#state = 'after'
        this.#text = this.#text.slice(start)
        return
      }
      if (marks.lastIndex > this.#text.length) break
    }
    // An escape that is cut off is looked at again with what follows it.
    const escaped = this.#inString && /(?:^|[^\\])(?:\\\\)*\\$/.test(this.#text.slice(start))
    this.#text = this.#text.slice(start)
    this.#at = this.#text.length - (escaped ? 1 : 0)
  }
}
