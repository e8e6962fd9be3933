import type { Browser, Page } from 'playwright-core';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildPage } from '../../examples/browser/build.mjs';
import { launch } from '../../examples/browser/chromium.mjs';
import { serveFolder } from '../../examples/browser/serve.mjs';
import { published } from '../../examples/browser/published.js';
import { describeOn } from '../backends.js';
import { given, smallArchive, smallRatings, type GivenFile } from './small-ratings.js';

/** Loss of the same steps may differ by the rounding of a backend. */
const tolerance = 1e-3;

test('the page promises what the spec says is published', () => {
  const spec = readFileSync('specs/movielens-100k.rec', 'utf8');
  const said = [...spec.matchAll(/Published test RMSE: ([\d.]+)\.\nmodel (\w+)/g)].map(([, rmse, name]) => [name, Number(rmse)]);
  expect(Object.entries(published).map(([name, { rmse }]) => [name, rmse])).toEqual(said);
});

test('the page and its worker have the types that they say', () => {
  const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples/browser'], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

describeOn('chromium', 'the page that trains', () => {
  const pictures = 'build/pictures';
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-page-'));
  let server: Awaited<ReturnType<typeof serveFolder>>;

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    await buildPage(folder);
    server = await serveFolder(folder);
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const inBrowser = (gpu: boolean, body: (page: () => Page) => void): void => {
    let browser: Browser;
    let page: Page;
    let complaints: string[];
    beforeAll(async () => {
      browser = await launch({ gpu });
    });
    afterAll(() => browser.close());
    beforeEach(async () => {
      page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
      page.setDefaultTimeout(200_000);
      complaints = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        const { protocol, origin } = new URL(request.url());
        if (protocol !== 'data:' && origin !== new URL(server.url).origin) complaints.push(`asks for ${request.url()}`);
      });
      await page.goto(server.url);
      await page.locator('#backends label').first().waitFor();
    });
    afterEach(async () => {
      await page.close();
      expect(complaints).toEqual([]);
    });
    body(() => page);
  };

  const open = async (page: Page, files: readonly GivenFile[]): Promise<void> => {
    await page.locator('#files').setInputFiles([...files]);
    await page.locator('#data-state:not(:text("Reading…"))').filter({ hasText: /./ }).waitFor();
  };
  const train = async (page: Page, backend: string): Promise<void> => {
    await page.locator(`input[value=${backend}]`).check();
    await page.locator('#start').click();
    // What ends a training: its outcome, or an error.
    await page.locator('#outcome:visible, .bad:visible').waitFor();
  };
  const number = async (page: Page, selector: string): Promise<number> => Number(await page.locator(selector).textContent());

  describe('with WebGPU and WebGL', () => {
    inBrowser(true, (page) => {
      test('learns the same on every backend, and says what to watch', async () => {
        await open(page(), [smallArchive()]);
        expect(await page().locator('#data-state').textContent()).toBe('600 ratings of 60 films by 40 users.');
        const found: Record<string, number> = {};
        for (const backend of ['cpu', 'wasm', 'webgl', 'webgpu']) {
          await train(page(), backend);
          expect(await page().locator('#training-state').textContent()).toMatch(/^Trained in /);
          found[backend] = await number(page(), '#rmse');
          expect(await number(page(), '#loss')).toBeLessThan(5);
        }
        for (const rmse of Object.values(found)) expect(Math.abs(rmse - found.cpu!)).toBeLessThan(tolerance);
        expect(found.cpu).toBeLessThan(2.2);
        await page().locator('#best li').first().waitFor();
        expect(await page().locator('#best .title').first().textContent()).toMatch(/^Café \d+ \(1990\)$/);
        expect(await page().locator('#chart svg path').count()).toBeGreaterThan(3);
        await page().screenshot({ path: `${pictures}/page-small.png`, fullPage: true });
      });

      test('pauses, goes on and stops', async () => {
        await open(page(), [smallArchive()]);
        await page().locator('input[value=cpu]').check();
        await page().locator('#start').click();
        await page().locator('#pause').click();
        await page().locator('#training-state', { hasText: 'Paused.' }).waitFor();
        // A step that had begun ends.
        await page().waitForTimeout(3000);
        const at = await page().locator('#bar').getAttribute('value');
        await page().waitForTimeout(1500);
        expect(await page().locator('#bar').getAttribute('value')).toBe(at);
        await page().locator('#pause').click();
        await page()
          .locator(`#bar:not([value="${String(at)}"])`)
          .waitFor();
        await page().locator('#stop').click();
        await page().locator('#training-state', { hasText: 'Stopped after' }).waitFor();
      });
    });
  });

  describe('without WebGPU', () => {
    inBrowser(false, (page) => {
      test('says so, and chooses wasm', async () => {
        expect(await page().locator('input[value=webgpu]').isDisabled()).toBe(true);
        expect(await page().locator('input[value=wasm]').isChecked()).toBe(true);
      });

      test('takes files that are dropped anywhere', async () => {
        const { 'u.data': data, 'u.user': people } = smallRatings();
        const dropped = await page().evaluateHandle(`(() => {
          const transfer = new DataTransfer();
          for (const [name, text] of ${JSON.stringify([
            ['u.data', data],
            ['u.user', people],
          ])}) transfer.items.add(new File([text], name));
          return transfer;
        })()`);
        await page().locator('h1').dispatchEvent('drop', { dataTransfer: dropped });
        await page().locator('#start:enabled').waitFor();
        expect(await page().locator('#data-state').textContent()).toBe(
          '600 ratings of 60 films by 40 users. Without u.item, films have numbers instead of titles.',
        );
      });

      test('answers for a user and for somebody new', async () => {
        const { 'u.data': data, 'u.user': people, 'u.item': items } = smallRatings();
        await open(page(), [given('u.data', data), given('u.user', people), given('u.item', items)]);
        await train(page(), 'wasm');
        const first = page().locator('#best .title').first();
        await first.waitFor();
        expect(await page().locator('#who').textContent()).toMatch(
          /^User 1 is a woman of \d+, artist, and has rated \d+ films\.$/,
        );
        expect(await page().locator('#known tr').count()).toBeGreaterThan(0);
        await page().locator('input[value=person]').check();
        await page().locator('#who', { hasText: 'has not met you' }).waitFor();
        await page().locator('#film').fill('Café 7 (1990)');
        await page().locator('#add-taste button').click();
        await page().locator('#who', { hasText: 'As for users' }).waitFor();
        expect(await page().locator('#best .title').allTextContents()).not.toContain('Café 7 (1990)');
        await page().locator('#tastes button').click();
        await page().locator('#who', { hasText: 'has not met you' }).waitFor();
      });

      test.each<readonly [what: string, files: () => readonly GivenFile[], says: RegExp]>([
        ['an archive that is none', () => [given('ml-100k.zip', 'no archive')], /^ml-100k\.zip cannot be unpacked: /],
        [
          'other files',
          () => [given('ratings.dat', '1::2::3')],
          /^u\.data is missing\. Choose ml-100k\.zip, or .*; this was ratings\.dat\.$/,
        ],
        ['one file alone', () => [given('u.data', smallRatings()['u.data'])], /^u\.user is missing\./],
        [
          'a line that is cut off',
          () => [given('u.data', '1\t2\t3\t4\n1\t2'), given('u.user', smallRatings()['u.user'])],
          /^u\.data, line 2: expected user, film, stars, time, found "1\\t2"\.$/,
        ],
        [
          'words for stars',
          () => [given('u.data', '1\t2\tgood\t4\n'), given('u.user', smallRatings()['u.user'])],
          /^u\.data, line 1: stars should be a number, but is "good"\.$/,
        ],
        [
          'a user that nothing describes',
          () => [given('u.data', '77\t2\t3\t4\n'), given('u.user', smallRatings()['u.user'])],
          /^u\.user lacks user 77, who rates film 2 in u\.data\.$/,
        ],
      ])('names what is wrong with %s', async (_, files, says) => {
        await open(page(), files());
        expect(await page().locator('#data-state').textContent()).toMatch(says);
        expect(await page().locator('#start').isDisabled()).toBe(true);
        await open(page(), [smallArchive()]);
        expect(await page().locator('#start').isEnabled()).toBe(true);
      });
    });
  });
});
