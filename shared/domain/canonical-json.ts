/**
 * JSON with object keys in code point order and undefined members left out: equal values give equal text, so
 * a hash of it identifies an input. (RFC 8785 for the values we hold: strings, finite numbers, booleans.)
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
