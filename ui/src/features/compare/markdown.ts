/**
 * A small part of Markdown as typed nodes: headings, paragraphs, lists, quotes, code, emphasis, tables.
 * No HTML and no images: whatever else stands there stays text. Reads every line once, nests quotes and
 * lists to a depth, and stops at a length, whatever comes in.
 */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong'; children: Inline[] }
  | { kind: 'emphasis'; children: Inline[] }
  | { kind: 'struck'; children: Inline[] }
  /** The address stands beside the words: it is shown, never followed. */
  | { kind: 'link'; text: string; address: string };

export type Block =
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { kind: 'quote'; children: Block[] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' };

const LONGEST = 200_000;
const DEEPEST = 6;
const MOST_INLINE = 20_000;

export interface Markdown {
  blocks: Block[];
  /** Characters that were not read. */
  left: number;
}

export function parseMarkdown(text: string): Markdown {
  const read = text.slice(0, LONGEST);
  return { blocks: blocksOf(read.split(/\r\n?|\n/), 0), left: text.length - read.length };
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]{0,40})/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const RULE = /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( {1,4}|\t)(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;

function blocksOf(lines: string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.length > 0) {
      blocks.push({ kind: 'paragraph', children: inlineOf(paragraph.join('\n')) });
    }
    paragraph = [];
  };
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const fence = FENCE.exec(line);
    if (fence) {
      flush();
      at = takeFence(lines, at, fence, blocks);
      continue;
    }
    const heading = HEADING.exec(line);
    if (heading) {
      flush();
      const words = (heading[2] ?? '').replace(/[ \t]#{1,20}[ \t]*$/, '');
      blocks.push({
        kind: 'heading',
        level: heading[1]?.length ?? 1,
        children: inlineOf(words),
      });
      at += 1;
      continue;
    }
    if (line.length < 200 && RULE.test(line)) {
      flush();
      blocks.push({ kind: 'rule' });
      at += 1;
      continue;
    }
    if (depth < DEEPEST && QUOTE.test(line)) {
      flush();
      at = takeQuote(lines, at, depth, blocks);
      continue;
    }
    if (depth < DEEPEST && ITEM.test(line)) {
      flush();
      at = takeList(lines, at, depth, blocks);
      continue;
    }
    const table = paragraph.length === 0 ? takeTable(lines, at, blocks) : null;
    if (table !== null) {
      at = table;
      continue;
    }
    if (line.trim() === '') flush();
    else paragraph.push(line.trim());
    at += 1;
  }
  flush();
  return blocks;
}

function takeFence(lines: string[], from: number, fence: RegExpExecArray, into: Block[]): number {
  const mark = fence[1] ?? '```';
  const body: string[] = [];
  let at = from + 1;
  while (at < lines.length) {
    const line = (lines[at] ?? '').trim();
    at += 1;
    if (line.length >= mark.length && line === (mark[0] ?? '`').repeat(line.length)) break;
    body.push(lines[at - 1] ?? '');
  }
  into.push({ kind: 'code', language: fence[2] ?? '', text: body.join('\n') });
  return at;
}

function takeQuote(lines: string[], from: number, depth: number, into: Block[]): number {
  const inside: string[] = [];
  let at = from;
  for (; at < lines.length; at += 1) {
    const match = QUOTE.exec(lines[at] ?? '');
    if (!match) break;
    inside.push(match[1] ?? '');
  }
  into.push({ kind: 'quote', children: blocksOf(inside, depth + 1) });
  return at;
}

function takeList(lines: string[], from: number, depth: number, into: Block[]): number {
  const first = ITEM.exec(lines[from] ?? '');
  const ordered = /^\d/.test(first?.[2] ?? '');
  const items: string[][] = [];
  let indent = 0;
  let at = from;
  for (; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const found = ITEM.exec(line);
    // As far in as the words of the item above: a list within it.
    const item = found && (found[1]?.length ?? 0) >= indent && items.length > 0 ? null : found;
    if (item && /^\d/.test(item[2] ?? '') === ordered) {
      indent = (item[1]?.length ?? 0) + (item[2]?.length ?? 0) + 1;
      items.push([item[4] ?? '']);
      continue;
    }
    if (item) break;
    const next = lines[at + 1];
    if (line.trim() === '' && !(next !== undefined && /^\s{2,}\S/.test(next))) {
      // A blank line ends the list unless another item follows.
      if (next !== undefined && ITEM.test(next)) continue;
      break;
    }
    if (line.trim() !== '' && !/^\s{2,}/.test(line) && FENCE.test(line)) break;
    items.at(-1)?.push(line.slice(0, indent).trim() === '' ? line.slice(indent) : line.trim());
  }
  into.push({
    kind: 'list',
    ordered,
    start: ordered ? Number.parseInt(first?.[2] ?? '1', 10) : 1,
    items: items.map((item) => blocksOf(item, depth + 1)),
  });
  return at;
}

const splitRow = (line: string) =>
  line
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split('|')
    .map((part) => part.trim());

function takeTable(lines: string[], from: number, into: Block[]): number | null {
  const [head, under] = [lines[from] ?? '', lines[from + 1] ?? ''];
  if (!head.includes('|') || !under.includes('-') || !under.includes('|')) return null;
  const marks = splitRow(under);
  const names = splitRow(head);
  if (names.length !== marks.length || !marks.every((mark) => /^:?-+:?$/.test(mark))) return null;
  const rows: Inline[][][] = [];
  let at = from + 2;
  for (; at < lines.length && (lines[at] ?? '').includes('|'); at += 1) {
    const cells = splitRow(lines[at] ?? '');
    rows.push(names.map((_, i) => inlineOf(cells[i] ?? '')));
  }
  into.push({ kind: 'table', head: names.map(inlineOf), rows });
  return at;
}

/** One mark of inline text at a place: `code`, an escape, a link, strong, emphasis, struck. */
const INLINE =
  /(`{1,3})([^`\n]{1,2000})\1|\\([\\`*_{}[\]()#+.!~|>-])|!?\[([^\][\n]{0,1000})\]\(([^()\s]{0,2000})\)|\*\*([^*\n]{1,2000})\*\*|__([^_\n]{1,2000})__|~~([^~\n]{1,2000})~~|\*([^*\s][^*\n]{0,2000})\*|(?<![\p{L}\p{N}_])_([^_\s][^_\n]{0,2000})_(?![\p{L}\p{N}_])/gu;

export function inlineOf(text: string, depth = 0): Inline[] {
  if (text.length > MOST_INLINE) return [{ kind: 'text', text }];
  const out: Inline[] = [];
  let from = 0;
  const add = (plain: string) => {
    const last = out.at(-1);
    if (last?.kind === 'text') last.text += plain;
    else if (plain) out.push({ kind: 'text', text: plain });
  };
  const within = (words: string) =>
    depth < 3 ? inlineOf(words, depth + 1) : [{ kind: 'text' as const, text: words }];
  for (const match of text.matchAll(INLINE)) {
    add(text.slice(from, match.index));
    from = match.index + match[0].length;
    const [whole, , code, escaped, words, address, strong, strong2, struck, soft, soft2] = match;
    if (code !== undefined) out.push({ kind: 'code', text: code.trim() || code });
    else if (escaped !== undefined) add(escaped);
    // An image stays as it was written: nothing is fetched, and its address is in view.
    else if (words !== undefined && whole.startsWith('!')) add(whole);
    else if (words !== undefined) out.push({ kind: 'link', text: words, address: address ?? '' });
    else if (strong ?? strong2) {
      out.push({ kind: 'strong', children: within(strong ?? strong2 ?? '') });
    } else if (struck !== undefined) out.push({ kind: 'struck', children: within(struck) });
    else out.push({ kind: 'emphasis', children: within(soft ?? soft2 ?? '') });
  }
  add(text.slice(from));
  return out;
}
