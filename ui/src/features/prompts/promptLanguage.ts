/**
 * Light highlighting of a prompt file: YAML front matter, section markers, Jinja. Decides colours
 * only; what a file means is the backend's to say.
 */
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import type { StringStream } from '@codemirror/language';
import { tags } from '@lezer/highlight';

interface State {
  /** Where we are: before the front matter, in it, or in the body. */
  part: 'start' | 'yaml' | 'body';
  /** Inside `{{ … }}`, `{% … %}` or `{# … #}`: the two characters that end it. */
  until: string | null;
}

const KEYWORDS =
  /^(?:if|elif|else|endif|for|endfor|in|set|endset|macro|endmacro|block|endblock|include|filter|endfilter|not|and|or|is|true|false|none|loop)\b/;

function yaml(stream: StringStream): string | null {
  if (stream.sol() && stream.match(/^---\s*$/)) return 'meta';
  if (stream.match(/^\s*#.*/)) return 'comment';
  if (stream.match(/^\s*(?:- )?[\w.-]+(?=:(?:\s|$))/)) return 'propertyName';
  if (stream.match(/^"(?:[^"\\]|\\.)*"|^'[^']*'/)) return 'string';
  const scalar = stream.match(/^[^\s,[\]{}"'#:]+/) as RegExpMatchArray | null;
  if (scalar) return scalarStyle(scalar[0]);
  stream.next();
  return null;
}

function scalarStyle(text: string): string | null {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return 'number';
  return /^(?:true|false|null)$/.test(text) ? 'bool' : null;
}

function jinja(stream: StringStream, state: State): string | null {
  const until = state.until ?? '}}';
  if (until === '#}') {
    if (!stream.skipTo('#}')) stream.skipToEnd();
    else {
      stream.match('#}');
      state.until = null;
    }
    return 'comment';
  }
  if (stream.match(until) || stream.match(`-${until}`)) {
    state.until = null;
    return 'keyword';
  }
  if (stream.match(/^"[^"]*"|^'[^']*'/)) return 'string';
  if (stream.match(KEYWORDS)) return 'keyword';
  if (stream.match(/^\d+/)) return 'number';
  if (stream.match(/^[A-Za-z_]\w*/)) return 'variableName';
  stream.next();
  return null;
}

const language = StreamLanguage.define<State>({
  name: 'prompt',
  startState: () => ({ part: 'start', until: null }),
  token(stream, state) {
    if (state.until) return jinja(stream, state);
    if (stream.sol() && state.part !== 'body' && stream.match(/^---\s*$/)) {
      state.part = state.part === 'start' ? 'yaml' : 'body';
      return 'meta';
    }
    if (state.part === 'yaml') return yaml(stream);
    state.part = 'body';
    if (stream.sol() && stream.match(/^(?:system|user|assistant|tool):\s*$/)) return 'heading';
    const open = stream.match(/^\{([{%#])-?/) as RegExpMatchArray | null;
    if (open) {
      state.until = { '{': '}}', '%': '%}', '#': '#}' }[open[1] as '{' | '%' | '#'];
      return state.until === '#}' ? 'comment' : 'keyword';
    }
    stream.next();
    stream.eatWhile(/[^{]/);
    return null;
  },
});

export const promptLanguage = [
  language,
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.meta, color: 'var(--text-3)' },
      { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
      { tag: tags.propertyName, color: 'var(--info)' },
      { tag: tags.string, color: 'var(--good)' },
      { tag: [tags.number, tags.bool], color: 'var(--warn)' },
      { tag: tags.keyword, color: 'var(--accent)' },
      { tag: tags.variableName, color: 'var(--warn)' },
      { tag: tags.heading, color: 'var(--accent)', fontWeight: '600' },
    ]),
  ),
];
