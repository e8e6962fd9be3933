import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { page } from '../../scripts/docs/diagnostics-page.js';
import { page as mistakesPage } from '../../scripts/docs/mistakes-page.js';
import { messages } from '../../src/model/messages.js';
import { mistakes } from '../model/mistakes.js';

test('every diagnostic has its section, with a wrong and a right spec, and a link to it', () => {
  const text = page();
  const sections = text.split(/^### /m).slice(1);
  expect(sections.map((section) => section.slice(0, section.indexOf('\n'))).toSorted()).toEqual(Object.keys(messages).toSorted());
  for (const section of sections) {
    const code = section.slice(0, section.indexOf('\n'));
    expect(section).toContain(['', '```rec wrong '.concat(code), ''].join('\n'));
    expect(section).toContain('\n```rec\n');
    expect(text).toContain(`[\`${code}\`](#${code})`);
  }
});

test('the page of mistakes has each of them as it is printed', () => {
  const text = mistakesPage();
  expect(text.split('```text').length - 1).toBe(Object.values(mistakes).flat().length);
  expect(text).toContain('error unknown-name: nothing here is called `movei_id`');
});

test.each(['diagnostics', 'mistakes'])('docs/%s.md is there, and says what it is made of', (name) => {
  expect(existsSync(`docs/${name}.md`)).toBe(true);
  expect(readFileSync(`docs/${name}.md`, 'utf8')).toContain('<!-- Written by `npm run generated` from ');
});
