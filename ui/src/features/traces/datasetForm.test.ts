import { describe, expect, it } from 'vitest';
import { NO_FILTER } from './address';
import { callName, datasetName, limitOf } from './datasetForm';

describe('form of a dataset from traces', () => {
  it('proposes a name that is safe as a file name', () => {
    const filter = { ...NO_FILTER, environment: '../Prod EU', only_errors: true };
    expect(datasetName(filter, 'ticket-triage')).toBe('ticket-triage-..-prod-eu-errors-calls');
    expect(datasetName(NO_FILTER, '../../etc')).toBe('etc-calls');
    expect(datasetName(NO_FILTER, null)).toBe('calls');
  });

  it('names the dataset of one call after it', () => {
    const call = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
    expect(callName({ ...call, promptName: 'policy-answer' })).toBe(
      'policy-answer-4bf92f3577b34da6-00f067aa0ba902b7',
    );
    expect(callName({ traceId: '../a', spanId: 'b c/d', promptName: null })).toBe(
      'call-..-a-b-c-d',
    );
  });

  it('accepts whole numbers within bounds only', () => {
    expect(limitOf(' 1,000 ')).toBe(1000);
    for (const bad of ['', '0', '-3', '1.5', '10001', '1e3', 'many']) {
      expect(limitOf(bad)).toBeNull();
    }
  });
});
