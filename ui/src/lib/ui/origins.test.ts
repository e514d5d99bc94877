import { describe, expect, it } from 'vitest';
import { tablesText } from './origins';

describe('the price tables behind a sum', () => {
  it('are named with their versions, and nothing stands for none', () => {
    const table = { table: 'genai-prices', version: '0.2.3' };
    const own = { table: 'contract', version: 'override' };
    expect(tablesText([])).toBe('');
    expect(tablesText([table])).toBe('Price table: genai-prices 0.2.3');
    expect(tablesText([table, own])).toBe('Price tables: genai-prices 0.2.3, contract override');
  });
});
