
'use strict';
// Filters and walks the cases. Reads the page, and writes only counts and what is hidden.
(() => {
  // As high as the style says a folded case is.
  const caseHeight = 29;
  const cases = [...document.querySelectorAll('details.case')];
  const byId = (id) => document.getElementById(id);
  const verdict = byId('verdict');
  const kind = byId('kind');
  const text = byId('text');
  let shown = cases;
  let current = -1;

  const words = (element, name) => element.dataset[name].trim().split(' ');

  function filter() {
    const wanted = text.value.toLowerCase();
    shown = cases.filter((element) => {
      const fits =
        (verdict.value === '' || words(element, 'v').includes(verdict.value)) &&
        (kind.value === '' || words(element, 'k').includes(kind.value)) &&
        (wanted === '' || element.textContent.toLowerCase().includes(wanted));
      element.hidden = !fits;
      return fits;
    });
    for (const chunk of document.querySelectorAll('.chunk')) {
      const left = chunk.querySelectorAll('.case:not([hidden])').length;
      chunk.hidden = left === 0;
      chunk.style.containIntrinsicSize = `auto ${left * caseHeight}px`;
    }
    current = -1;
    count();
  }

  function count() {
    const of = shown.length === cases.length ? '' : ` of ${cases.length}`;
    const at = current < 0 ? '' : `${current + 1} / `;
    byId('count').textContent = `${at}${shown.length}${of} cases`;
  }

  function walk(step) {
    if (shown.length === 0) return;
    const next = current < 0 ? (step > 0 ? 0 : shown.length - 1) : current + step;
    if (next < 0 || next >= shown.length) return;
    if (shown[current]) shown[current].open = false;
    current = next;
    shown[current].open = true;
    shown[current].scrollIntoView({ block: 'start' });
    shown[current].firstElementChild.focus({ preventScroll: true });
    count();
  }

  let late;
  text.addEventListener('input', () => {
    clearTimeout(late);
    late = setTimeout(filter, 150);
  });
  verdict.addEventListener('change', filter);
  kind.addEventListener('change', filter);
  byId('previous').addEventListener('click', () => walk(-1));
  byId('next').addEventListener('click', () => walk(1));
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches('input, select')) return;
    if (event.key === 'n') walk(1);
    if (event.key === 'p') walk(-1);
  });
  byId('controls').hidden = false;
  count();
})();
