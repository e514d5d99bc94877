import { setHost } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';
import PromptsScreen from './PromptsScreen.svelte';
import { toolHref } from './route';

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  setHost(fixtureHost());
});

test('a tool says which prompts take it, and that they are stale', async () => {
  router.go(toolHref('lookup_order'));
  render(PromptsScreen);
  const taken = (await screen.findByText('ticket-triage')).closest('li');
  if (!taken) throw new Error('no row');
  expect(within(taken).getByText('stale')).toBeTruthy();
  expect(within(taken).getByText('1.1.0')).toBeTruthy();
});

test('a prompt says that a tool of it is another since it was replayed, and where to replay it', async () => {
  router.go('#/prompts/ticket-triage');
  render(PromptsScreen);
  const link = await screen.findByRole('link', { name: 'Replay tickets' });
  expect(link.getAttribute('href')).toContain('dataset=tickets');
  expect(screen.getByText('2.0.0 is out')).toBeTruthy();
});

test('answers that break the schema are counted by place, with one to look at', async () => {
  router.go('#/prompts/ticket-triage?tab=usage');
  render(PromptsScreen);
  const section = await screen.findByRole('region', { name: 'Schema contract' });
  expect(await within(section).findByText(/187 of 200/)).toBeTruthy();
  expect(within(section).getByText('/urgency')).toBeTruthy();
  expect(within(section).getAllByRole('link', { name: 'such as this' }).length).toBe(2);
});

test('a new tool is made from the list of tools', async () => {
  router.go(toolHref());
  render(PromptsScreen);
  const [add] = await screen.findAllByRole('button', { name: 'New tool' });
  if (!add) throw new Error('no button');
  const user = userEvent.setup();
  await user.click(add);
  await user.type(await screen.findByRole('textbox', { name: /Name/ }), 'find_parcel');
  await user.click(screen.getByRole('button', { name: 'Make the tool' }));
  expect(await screen.findByRole('heading', { name: 'find_parcel' })).toBeTruthy();
  expect(router.route.rest).toEqual(['tools', 'find_parcel']);
});
