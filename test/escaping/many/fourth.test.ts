import { test } from 'vitest';
import { attackMany } from '../attacked.js';

test('attacks 7,500 to 9,999', () => attackMany(7_500, 10_000), 600_000);
