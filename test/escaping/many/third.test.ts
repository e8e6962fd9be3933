import { test } from 'vitest';
import { attackMany } from '../attacked.js';

test('attacks 5,000 to 7,499', () => attackMany(5_000, 7_500), 600_000);
