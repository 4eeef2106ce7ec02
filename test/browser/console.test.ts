/// <reference lib="dom" />
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consoleRoutes } from '../../local/console.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';
import { type LiveShop, startSimulator } from '../../local/simulator/live-traffic.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const WAIT = 30_000;

describe.skipIf(!existsSync(CHROMIUM))(`the console (skipped without ${CHROMIUM})`, () => {
  let folder: string;
  let platform: Platform;
  let shop: LiveShop | null = null;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'console-'));
    platform = await startPlatform({
      dataDir: folder,
      port: 0,
      pages: (running) => consoleRoutes(running, () => shop),
    });
    shop = startSimulator(platform, { seed: 1, rate: 20 });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  }, WAIT);

  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
    await platform?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, WAIT);

  /** Runs on the page once it shows scores; fails on errors, refused content or foreign requests. */
  async function onPage(
    options: BrowserContextOptions,
    check: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${platform.url}/`)) {
        complaints.push(`asked ${request.url()}`);
      }
    });
    try {
      await page.goto(platform.url);
      await page.waitForSelector('#score-rows tr', { timeout: WAIT });
      await check(page);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }

  test('shows live scores beside the truth, and goes on', async () => {
    await onPage({}, async (page) => {
      const newest = () =>
        page.locator('#score-rows tr').first().getAttribute('data-decision', { timeout: WAIT });
      const before = await newest();
      await page.waitForFunction(
        (decision) =>
          document.querySelector<HTMLElement>('#score-rows tr')?.dataset['decision'] !== decision,
        before,
        { timeout: WAIT },
      );
      const cells = await page.locator('#score-rows tr').first().locator('td').allTextContents();
      expect(cells).toHaveLength(7);
      expect(cells[3]).toMatch(/^<?\d+(\.\d)?%$/);
      expect(cells[4]).toMatch(/^<?\d+(\.\d)?%$/);
      expect(await page.locator('#scatter circle').count()).toBeGreaterThan(0);
      expect(await page.locator('#histogram rect').count()).toBeGreaterThan(5);
      expect(await page.locator('#status').textContent()).toContain('simulated shop with seed 1');
    });
  });

  test('counts events that end as the functions say', async () => {
    await onPage({}, async (page) => {
      await page.waitForFunction(
        () => {
          const figures = [...document.querySelectorAll('#flow > div')].map((pair) => ({
            name: pair.querySelector('dt')?.textContent,
            value: Number(pair.querySelector('dd')?.textContent?.replace(/,/g, '')),
          }));
          const value = (name: string) => figures.find((pair) => pair.name === name)?.value ?? 0;
          return (
            value('Processed') > 20 &&
            value('Accepted') ===
              value('Processed') +
                value('Late') +
                value('Duplicate') +
                value('Bad rows') +
                value('Under way')
          );
        },
        undefined,
        { timeout: WAIT },
      );
    });
  });

  test('shows a score that somebody else asks for, without a truth', async () => {
    await onPage({}, async (page) => {
      const response = await fetch(`${platform.url}/v1/propensity`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': platform.apiKey },
        body: JSON.stringify({ anonymous_id: 'passer-by-zz99zz' }),
      });
      expect(response.status).toBe(200);
      const row = page.locator('#score-rows tr', { hasText: 'zz99zz' });
      await row.waitFor({ timeout: WAIT });
      expect(await row.locator('td.truth').textContent()).toBe('–');
    });
  });

  test('pauses and goes on by keyboard', async () => {
    await onPage({}, async (page) => {
      const button = page.getByRole('button', { name: 'Pause' });
      await button.focus();
      await page.keyboard.press('Enter');
      expect(await page.locator('#pause').getAttribute('aria-pressed')).toBe('true');
      expect(await page.locator('#status').textContent()).toBe('Paused');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#status[data-state="live"]', { timeout: WAIT });
      expect(await page.locator('#pause').getAttribute('aria-pressed')).toBe('false');
    });
  });

  test('has names, headings and table headers for screen readers', async () => {
    await onPage({}, async (page) => {
      const faults = await page.evaluate(() => {
        const found: string[] = [];
        const named = (element: Element) =>
          element.getAttribute('aria-label') ||
          document.getElementById(element.getAttribute('aria-labelledby') ?? '')?.textContent ||
          element.textContent?.trim();
        if (!document.documentElement.lang) found.push('no language');
        if (!document.title) found.push('no title');
        if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
        if (!document.querySelector('main')) found.push('no main');
        for (const element of document.querySelectorAll('button, a, section, [role="img"]')) {
          if (!named(element)) found.push(`${element.outerHTML.slice(0, 80)} has no name`);
        }
        for (const image of document.querySelectorAll('img')) {
          if (!image.hasAttribute('alt')) found.push('image without alt');
        }
        for (const table of document.querySelectorAll('table')) {
          if (!table.caption?.textContent) found.push('table without caption');
          for (const head of table.querySelectorAll('th')) {
            if (head.scope !== 'col') found.push(`${head.textContent} has no scope`);
          }
        }
        const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
        if (new Set(ids).size !== ids.length) found.push('an id twice');
        let level = 1;
        for (const heading of document.querySelectorAll('h1, h2, h3')) {
          const next = Number(heading.tagName.slice(1));
          if (next > level + 1) found.push(`${heading.textContent} skips a level`);
          level = next;
        }
        return found;
      });
      expect(faults).toEqual([]);
    });
  });

  test.each(['light', 'dark'] as const)('has enough contrast in %s', async (colorScheme) => {
    await onPage({ colorScheme }, async (page) => {
      const faint = await page.evaluate(() => {
        type Colour = [number, number, number, number];
        const parse = (text: string): Colour => {
          const [r = 0, g = 0, b = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
          return [r, g, b, alpha];
        };
        /** Relative luminance and contrast of WCAG 2.2. */
        const luminance = ([r, g, b]: Colour) => {
          const [red, green, blue] = [r, g, b].map((channel) => {
            const value = channel / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
          }) as [number, number, number];
          return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        };
        const groundOf = (element: Element): Colour => {
          for (let at: Element | null = element; at; at = at.parentElement) {
            const ground = parse(getComputedStyle(at).backgroundColor);
            if (ground[3] === 1) return ground;
          }
          return [255, 255, 255, 1];
        };
        const texts = [...document.querySelectorAll('body *')].filter((element) =>
          [...element.childNodes].some(
            (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
          ),
        );
        return texts.flatMap((element) => {
          const style = getComputedStyle(element);
          const colour = parse(element instanceof SVGElement ? style.fill : style.color);
          const [high, low] = [luminance(colour), luminance(groundOf(element))].toSorted(
            (a, b) => b - a,
          ) as [number, number];
          const contrast = (high + 0.05) / (low + 0.05);
          return contrast < 4.5 ? [`${element.textContent?.slice(0, 30)}: ${contrast}`] : [];
        });
      });
      expect(faint).toEqual([]);
    });
  });

  test.each([360, 768, 1280])('fits %i px without scrolling sideways', async (width) => {
    await onPage({ viewport: { width, height: 800 } }, async (page) => {
      const wide = await page.evaluate(() => ({
        page: document.documentElement.scrollWidth,
        window: window.innerWidth,
        cut: [...document.querySelectorAll('.panel, .tile')].filter(
          (box) => box.scrollWidth > box.clientWidth + 1,
        ).length,
      }));
      expect(wide).toEqual({ page: width, window: width, cut: 0 });
    });
  });

  test('answers this machine’s browser only, with a strict policy', async () => {
    const page = await fetch(platform.url);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; /);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const posted = await fetch(`${platform.url}/console/live.json`, { method: 'POST' });
    expect(posted.status).toBe(404);
    const figures = await (await fetch(`${platform.url}/console/live.json`)).text();
    expect(figures.length).toBeLessThan(64 * 1024);
  });
});
