import { test } from 'vitest';
import { attackMany } from '../attacked.js';

test('attacks 2,500 to 4,999', () => attackMany(2_500, 5_000), 600_000);
