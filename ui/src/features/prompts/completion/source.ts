/** Completion of a prompt file. What it offers comes from the backend and is only ever shown as text. */
import type { KnownWord } from '$lib/bindings/KnownWord';
import type { PromptLanguage } from '$lib/bindings/PromptLanguage';
import type { Variable } from '$lib/bindings/Variable';
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { declaring } from './declare';
import { frontMatterPlace, keysOf, valuesOf } from './frontMatter';
import { messageBefore, placeAt } from './place';
import { scopeAt } from './scope';
import { wantedIn } from './tag';

export interface Known {
  language: PromptLanguage;
  variables: Variable[];
  /** Declares a name that was just written; absent where the text cannot be changed. */
  declare?: (name: string) => void;
}

const MOST_DETAIL = 72;
const IDENTIFIER = /^[A-Za-z_]\w{0,63}$/;

export function completionSource(known: () => Known | undefined) {
  return (context: CompletionContext): CompletionResult | null => {
    const now = known();
    if (!now) return null;
    const text = context.state.doc.toString();
    const place = placeAt(text, context.pos, now.language.markers);
    switch (place.part) {
      case 'front':
        return inFrontMatter(context, now.language);
      case 'text':
        return markers(context, now.language);
      case 'tag':
        return inTag(context, place, messageBefore(text, context.pos, now.language.markers), now);
      case 'quiet':
        return null;
    }
  };
}

function inTag(
  context: CompletionContext,
  place: { tag: 'expression' | 'statement'; inside: string },
  before: string,
  known: Known,
): CompletionResult | null {
  const typed = /[A-Za-z_]\w*$/.exec(place.inside)?.[0] ?? '';
  const isOpening = /^\s*$|\|\s*$|(?:^|[^\w.])loop\.$/.test(place.inside);
  if (typed === '' && (!(isOpening || context.explicit) || /\d$/.test(place.inside))) return null;
  const wanted = wantedIn(place.tag, place.inside);
  if (wanted === null) return null;
  const from = context.pos - typed.length;
  if (wanted === 'loop') {
    const inLoop = scopeAt(before).some(({ name }) => name === 'loop');
    const options = known.language.loop_members.map((word) => ofWord(word, 'property'));
    return inLoop ? { from, options, validFor: /^\w*$/ } : null;
  }
  if (wanted !== 'names') {
    const options = known.language[wanted].map((word) => ofWord(word, wanted.slice(0, -1)));
    return { from, options, validFor: /^\w*$/ };
  }
  const options = names(before, known);
  const isNew = IDENTIFIER.test(typed) && options.every((option) => option.label !== typed);
  if (!isNew || !known.declare) return { from, options, validFor: /^\w*$/ };
  const close = place.tag === 'expression' ? '}}' : '';
  // What is typed is itself one of the options, so the next letter asks again.
  return { from, options: [...options, declaring(typed, close, known.declare)] };
}

function names(before: string, { language, variables }: Known): Completion[] {
  const inScope = scopeAt(before).map(({ name, from }) => option(name, from, 'variable', 2));
  const taken = new Set(inScope.map((found) => found.label));
  const declared = variables
    .filter(({ name }) => IDENTIFIER.test(name) && !taken.has(name))
    .map((v) => option(v.name, joined(v.type ?? 'any type', v.description), 'variable', 1));
  const functions = language.functions.map((name) => option(name, 'function', 'function', -1));
  const operators = language.operators.map((word) => option(word, '', 'keyword', -2));
  return [...inScope, ...declared, ...functions, ...operators];
}

function markers(context: CompletionContext, language: PromptLanguage): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const typed = line.text.slice(0, context.pos - line.from);
  if (!/^\w*$/.test(typed) || (typed === '' && !context.explicit)) return null;
  const opens = line.to === context.pos ? '\n' : '';
  const options = language.markers.map((marker) => ({
    ...option(marker, 'opens a message', 'keyword'),
    apply: marker + opens,
  }));
  return { from: line.from, options, validFor: /^\w*$/ };
}

function inFrontMatter(
  context: CompletionContext,
  language: PromptLanguage,
): CompletionResult | null {
  const lines = context.state.doc.sliceString(0, context.pos).split('\n');
  const place = lines.length > 1 ? frontMatterPlace(lines.slice(1)) : null;
  if (!place || (place.typed === '' && place.key === null && !context.explicit)) return null;
  const from = context.pos - place.typed.length;
  if (place.key !== null) {
    const options = valuesOf(place, language).map((value) => option(value, '', 'constant'));
    return options.length > 0 ? { from, options, validFor: /^[\w.:/-]*$/ } : null;
  }
  const has = context.state.doc.sliceString(context.pos, context.pos + 1) === ':' ? '' : ': ';
  const says = new Map(language.keys.map(({ word, says }) => [word, says]));
  const isTop = place.path.length === 0;
  const options = keysOf(place.path, language).map((key) => ({
    ...option(key, isTop ? (says.get(key) ?? '') : '', 'property'),
    apply: key + has,
  }));
  return options.length > 0 ? { from, options, validFor: /^\w*$/ } : null;
}

function ofWord({ word, says }: KnownWord, type: string): Completion {
  return option(word, says, type);
}

function option(label: string, detail: string, type: string, boost = 0): Completion {
  return { label, type, boost, ...(detail && { detail: short(detail) }) };
}

const joined = (...parts: string[]) => parts.filter(Boolean).join(' · ');

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MOST_DETAIL ? `${line.slice(0, MOST_DETAIL - 1)}…` : line;
}
