/** Every screen with data, under axe: names, roles, relations. Colours are tested on the tokens. */
import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { render, screen } from '@testing-library/svelte';
import axe from 'axe-core';
import { beforeEach, expect, it } from 'vitest';
import App from '../app/App.svelte';
import { screens } from '../app/screens';

const addresses: [name: string, hash: string][] = [
  ...screens.map((s): [string, string] => [s.id, `#/${s.id}`]),
  ['a prompt in the editor', '#/prompts/ticket-triage'],
  ['a prompt with findings', '#/prompts/answer-from-docs'],
  ['a prompt rendered', '#/prompts/ticket-triage?tab=rendered'],
  ['a prompt compared', '#/prompts/ticket-triage?tab=diff'],
  ['the releases of a prompt', '#/prompts/release-notes?tab=history'],
  ['the usage of a prompt', '#/prompts/ticket-triage?tab=usage'],
  ['a prompt that does not exist', '#/prompts/nobody'],
  ['the cost of replays', '#/cost?scope=replays'],
];

async function violations(): Promise<string[]> {
  const result = await axe.run(document.body, {
    // This DOM has no layout: contrast is not computable here.
    rules: { 'color-contrast': { enabled: false } },
  });
  return result.violations.map(
    (v) => `${v.id}: ${v.help}\n  ${v.nodes.map((n) => n.html).join('\n  ')}`,
  );
}

beforeEach(() => setHost(fixtureHost()));

it.each(addresses)('%s has nothing that axe objects to', async (_name, hash) => {
  history.replaceState(null, '', hash);
  render(App);
  await screen.findByRole('main');
  // Let the screen read what it shows.
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(await violations()).toEqual([]);
});

it('the first start has nothing that axe objects to', async () => {
  setHost(fixtureHost({ empty: true }));
  render(App);
  await screen.findByRole('heading', { name: /Nothing is in this workspace/ });
  expect(await violations()).toEqual([]);
});
