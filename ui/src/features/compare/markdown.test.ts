import { render } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import Markdown from './Markdown.svelte';
import { inlineOf, parseMarkdown } from './markdown';

const kinds = (text: string) => parseMarkdown(text).blocks.map((block) => block.kind);

describe('Markdown', () => {
  it('is read into headings, paragraphs, lists, quotes, code and tables', () => {
    const text =
      '# Head\n\nwords\n\n- a\n- b\n  - c\n\n> said\n\n```rust\nfn x() {}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---';
    expect(kinds(text)).toEqual(['heading', 'paragraph', 'list', 'quote', 'code', 'table', 'rule']);
    const list = parseMarkdown(text).blocks[2];
    expect(list?.kind === 'list' && list.items[1]?.map((block) => block.kind)).toEqual([
      'paragraph',
      'list',
    ]);
  });

  it('keeps the number a list starts with and text after a list', () => {
    const [list, after] = parseMarkdown('3. three\n4. four\n\nafter').blocks;
    expect(list).toMatchObject({ kind: 'list', ordered: true, start: 3 });
    expect(after?.kind).toBe('paragraph');
  });

  it('reads emphasis, code and links, and leaves images as they were written', () => {
    expect(
      inlineOf('**a *b*** `c` [d](https://x.example) ![e](f.png) \\*g\\*').map((p) => p.kind),
    ).toEqual(expect.arrayContaining(['code', 'link', 'text']));
    expect(inlineOf('![e](f.png)')).toEqual([{ kind: 'text', text: '![e](f.png)' }]);
    expect(inlineOf('snake_case_name')).toEqual([{ kind: 'text', text: 'snake_case_name' }]);
  });

  it('makes no element beyond its own, whatever it is given', () => {
    const hostile = [
      '<img src=x onerror="alert(1)"><script>alert(1)</script>',
      '[click](javascript:alert(1)) ![x](https://evil.example/x.png)',
      '<a href="https://evil.example">x</a> <iframe src="//evil"></iframe>',
      '# <svg onload=alert(1)>',
      '| <b>a</b> | b |\n|---|---|\n| <i>1</i> | 2 |',
      '> - <style>*{display:none}</style>\u202e\u200b',
      '```html\n<button onclick=x>\n```',
    ].join('\n\n');
    const { container } = render(Markdown, { text: hostile, label: 'answer' });
    const own = [
      'DIV',
      'P',
      'UL',
      'LI',
      'BLOCKQUOTE',
      'PRE',
      'CODE',
      'SPAN',
      'TABLE',
      'THEAD',
      'TBODY',
    ];
    const made = new Set([...container.querySelectorAll('*')].map((element) => element.tagName));
    expect([...made].filter((tag) => ![...own, 'TR', 'TH', 'TD'].includes(tag))).toEqual([]);
    for (const element of container.querySelectorAll('*')) {
      const names = element.getAttributeNames();
      expect(names.filter((name) => /^on|href|src/.test(name))).toEqual([]);
    }
    expect(container.textContent).toContain('(javascript:alert(1))');
    expect(container.textContent).toContain('\\u{202e}');
  });

  it('is read in bounded time and depth', () => {
    const started = performance.now();
    for (const unit of ['> ', '- ', '* a', '**', '[', '`', '_a ', '![a](', '| ', '~~~\n', '# ']) {
      const { blocks, left } = parseMarkdown(unit.repeat(150_000));
      expect(blocks.length).toBeGreaterThan(0);
      expect(left).toBe(Math.max(0, unit.length * 150_000 - 200_000));
      parseMarkdown(`${unit}\n`.repeat(20_000));
    }
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(JSON.stringify(parseMarkdown('> '.repeat(5000))).length).toBeLessThan(20_000);
  });
});
