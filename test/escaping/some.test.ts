import { test } from 'vitest';
import { attackMany } from './attacked.js';

test(
  'what an attacker chose in 30 specs gets no code, SQL, HTML or path into anything written',
  () => attackMany(10_000, 10_030),
  60_000,
);
