import { test } from 'vitest';
import { attackMany } from '../attacked.js';

test('attacks 0 to 2,499', () => attackMany(0, 2_500), 600_000);
