import type { ModelCost } from '$lib/bindings/ModelCost';
import { setHost, type Host } from '$lib/host';
import { fixtureHost } from '$lib/host/fixture';
import { router } from '$lib/router.svelte';
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { dearestText, encodingText, outputText, priceText, sectionName } from './costText';
import PromptsScreen from './PromptsScreen.svelte';

let host: Host;

beforeEach(() => {
  vi.stubGlobal('innerWidth', 1280);
  host = fixtureHost();
  setHost(host);
});

async function open() {
  router.go('#/prompts/ticket-triage');
  render(PromptsScreen);
  const title = await screen.findByRole('heading', { name: '1,000 calls by model' });
  const section = title.closest('section') as HTMLElement;
  await within(section).findByRole('table');
  return { user: userEvent.setup(), section, table: within(section) };
}

const models = (section: HTMLElement) =>
  [...section.querySelectorAll('tr.model [aria-expanded]')].map((cell) => cell.textContent.trim());

describe('the cost of a prompt by model', () => {
  it('names the own model first, the dearest message, the source, and no price where there is none', async () => {
    const { section, table } = await open();
    expect(models(section)).toEqual([
      'openai:gpt-4.1-mini',
      'anthropic:claude-haiku-4-5',
      'local:smollm2-135m-instruct',
    ]);
    expect(table.getAllByText(/^system costs most: \d/)).toHaveLength(3);
    expect(await table.findByText(/the request of case ticket-001 of/)).toBeInTheDocument();
    expect(table.getByText('no price')).toHaveAttribute('title', expect.stringContaining('local'));
    expect(table.getAllByRole('img', { name: 'estimated' })).toHaveLength(2);
    const found = await axe.run(section, { rules: { 'color-contrast': { enabled: false } } });
    expect(found.violations.map((v) => v.id)).toEqual([]);
  });

  it('opens a model to the tokens of each message', async () => {
    const { user, section, table } = await open();
    await user.click(table.getByRole('button', { name: 'openai:gpt-4.1-mini' }));
    expect(section.querySelector('tr.most')).toHaveTextContent(/^system/);
    expect(table.getByText(/the mean of 48 earlier calls of this prompt/)).toBeInTheDocument();
  });

  it('takes the models that a person chooses and remembers them', async () => {
    const { user, section, table } = await open();
    const field = table.getByLabelText('Model to add, as provider:model');
    await user.type(field, 'gpt{Enter}');
    expect(table.getByText('Write it as provider:model.')).toBeInTheDocument();
    await user.clear(field);
    await user.type(field, 'openai:gpt-4.1-nano{Enter}');
    await waitFor(() => expect(models(section)).toContain('openai:gpt-4.1-nano'));
    await user.click(table.getByRole('button', { name: 'Leave out local:smollm2-135m-instruct' }));
    await waitFor(() => expect(models(section)).not.toContain('local:smollm2-135m-instruct'));
    expect(localStorage.getItem('plumbline.prompts.costs')).toContain('gpt-4.1-nano');
    await user.click(table.getByRole('button', { name: 'Those of its runs' }));
    await waitFor(() => expect(models(section)).toContain('local:smollm2-135m-instruct'));
  });
});

describe('a cost in words', () => {
  const cost: ModelCost = {
    model: 'a:b',
    encoding: 'o200k_base',
    own_encoding: false,
    sections: [10, 30, 20],
    other_tokens: 0,
    tokens_in: 60,
    dearest: 1,
    dearest_share: 0.5,
    tokens_out: null,
    tokens_out_from: 'limit',
    tokens_out_calls: 0,
    usd_in_per_1000: '0.06',
    usd_per_1000: null,
    source: null,
    no_price_because: null,
  };

  it('tells messages of one role apart', () => {
    const roles = ['system', 'user', 'user'] as const;
    expect([0, 1, 2].map((at) => sectionName(roles, at))).toEqual(['system', 'user 1', 'user 2']);
    expect(dearestText(cost, roles)).toBe('user 1 costs most: 50 %');
  });

  it('never takes what nobody knows for nothing', () => {
    expect(priceText(cost)).toBe('≥ $0.06');
    expect(priceText({ ...cost, usd_in_per_1000: null })).toBe('no price');
    expect(outputText(cost)).toMatch(/input alone/);
    expect(outputText({ ...cost, tokens_out: 300 })).toBe(
      '300 tokens out assumed, from its limit alone',
    );
    expect(encodingText(cost)).toMatch(/stands in/);
  });
});
