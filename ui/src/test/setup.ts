/** What jsdom lacks and the window needs: sizes, observers, media queries, a canvas that says no. */
import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/svelte';
import { afterEach, beforeEach, vi } from 'vitest';
import { forgetAnswers } from '$lib/query.svelte';

configure({ asyncUtilTimeout: 8000 });

const WIDTH = 1280;
const HEIGHT = 800;

Object.defineProperties(HTMLElement.prototype, {
  offsetWidth: { get: () => WIDTH },
  offsetHeight: { get: () => HEIGHT },
  clientWidth: { get: () => WIDTH },
  clientHeight: { get: () => HEIGHT },
});

HTMLElement.prototype.getBoundingClientRect = function () {
  return new DOMRect(0, 0, WIDTH, HEIGHT);
};
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
Range.prototype.getBoundingClientRect = () => new DOMRect();
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.scrollTo = () => undefined;
HTMLCanvasElement.prototype.getContext = () => null;

class StillObserver implements ResizeObserver {
  observe(): void {
    // Nothing changes its size here.
  }
  unobserve(): void {
    // Nothing to forget.
  }
  disconnect(): void {
    // Nothing to stop.
  }
}
vi.stubGlobal('ResizeObserver', StillObserver);
vi.stubGlobal('matchMedia', (query: string) => {
  const list = new EventTarget() as MediaQueryList;
  return Object.assign(list, { matches: false, media: query });
});

beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, '', '#/');
  forgetAnswers();
});

afterEach(() => cleanup());
