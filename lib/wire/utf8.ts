/** Whether a string has no lone surrogate, so that it has a UTF-8 form. */
export const isWellFormed = (text: string): boolean =>
  // Node 20 has the method, the es2023 types do not.
  (text as unknown as { isWellFormed(): boolean }).isWellFormed()
