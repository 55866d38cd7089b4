/** By `section: feature`: why a line of docs/compatibility.md is not all ✓, and what we chose. */
export const notes: ReadonlyMap<string, string> = new Map<string, string>()
