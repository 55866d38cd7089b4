/** JSON text that is sent exactly as it is, for a JSON column. It is not checked. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }

  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}
