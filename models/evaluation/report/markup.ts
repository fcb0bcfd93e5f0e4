/** Text that is HTML already. Anything else is escaped when it is put into a page. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeText = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

function textOf(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escapeText(String(part));
}

/** A page's markup, whatever is put into it escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + textOf(parts[index - 1] ?? '') + string));
}

export const fixed = (value: number, digits = 3) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
export const percent = (value: number, digits = 1) =>
  Number.isFinite(value) ? `${(100 * value).toFixed(digits)} %` : '–';

interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** `0.812 (0.790 to 0.834)`. */
export const withInterval = (
  { value, low, high }: Estimate,
  format: (value: number) => string = fixed,
): string => (Number.isFinite(value) ? `${format(value)} (${format(low)} to ${format(high)})` : '–');

export interface Column<Row> {
  readonly head: string;
  readonly of: (row: Row) => string | number | Markup;
  /** Left as text, right as number. Default: number. */
  readonly align?: 'text';
}

/** A table that scrolls by itself where the page is narrow. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Markup {
  const kind = ({ align }: Column<Row>) => (align === 'text' ? 'text' : 'number');
  return html`<div class="scroll" tabindex="0"><table>
<thead><tr>${columns.map((column) => html`<th class="${kind(column)}">${column.head}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr>${columns.map((column) => html`<td class="${kind(column)}">${column.of(row)}</td>`)}</tr>\n`,
  )}</tbody></table></div>`;
}
