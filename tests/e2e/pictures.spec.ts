import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, crc32 } from "node:zlib";
import AxeBuilder from "@axe-core/playwright";
import { Server, button, expect, hydrated, program, test } from "./site";

// A PNG of one colour with a stripe.
function png(width: number, height: number, [red, green, blue]: number[]): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = (y: number) => {
    const pixels = Array.from({ length: width }, (_, x) => ((x + y) % 8 < 4 ? [red, green, blue] : [255, 255, 255]));
    return Buffer.from([0, ...pixels.flat()]);
  };
  const data = Buffer.concat(Array.from({ length: height }, (_, y) => row(y)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(data)), chunk("IEND", Buffer.alloc(0))]);
}

// A server with an arena of pictures: one contestant's are tiny, the other's wide.
async function withPictures(use: (server: Server) => Promise<void>): Promise<void> {
  const [data, pictures] = ["data", "pictures"].map((name) => mkdtempSync(join(tmpdir(), `plaudit-e2e-${name}-`)));
  const rows = [
    { format: "plaudit-pictures/1", arena: { slug: "patterns", title: "Patterns", task: "image", description: "", license: "CC0-1.0" } },
  ] as object[];
  for (const [number, prompt] of ["blue stripes", "red stripes"].entries()) {
    const colour = number === 0 ? [30, 60, 200] : [200, 40, 30];
    writeFileSync(join(pictures, `tiny-${number}.png`), png(32, 32, colour));
    writeFileSync(join(pictures, `wide-${number}.png`), png(640, 400, colour));
    rows.push({ prompt, contestant: "Tiny Dauber", file: `tiny-${number}.png` });
    rows.push({ prompt, contestant: "Wide Painter", file: `wide-${number}.png` });
  }
  writeFileSync(join(pictures, "manifest.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  execFileSync(program, ["import", "--data", data, pictures], { stdio: "pipe" });
  const server = await Server.start(data);
  try {
    await use(server);
  } finally {
    await server.stop();
    rmSync(pictures, { recursive: true, force: true });
  }
}

for (const width of [390, 1280]) {
  test(`a picture battle is voted on at ${width} px, and nothing moves or tells a name before`, async ({ page }) => {
    await withPictures(async (server) => {
      const votes = async () => (await (await fetch(`${server.address}/api/arena/patterns/board`)).json()).votes;
      await page.setViewportSize({ width, height: 900 });
      await page.addInitScript(() => {
        // @ts-expect-error read below
        window.shifts = [];
        new PerformanceObserver((list) => {
          // @ts-expect-error as above
          for (const entry of list.getEntries()) window.shifts.push(entry.value);
        }).observe({ type: "layout-shift", buffered: true });
      });
      await page.goto(`${server.address}/arena/patterns`);
      await hydrated(page);
      const [a, b] = ["A", "B"].map((letter) => page.getByRole("img", { name: new RegExp(`^Answer ${letter} to: (blue|red) stripes$`) }));
      for (const picture of [a, b]) {
        await expect(picture).toBeVisible();
        await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0)).toBe(true);
      }
      const [left, right] = [await a.boundingBox(), await b.boundingBox()];
      expect([left!.width, left!.height]).toEqual([right!.width, right!.height]);
      // @ts-expect-error as above
      expect(await page.evaluate(() => window.shifts)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(await page.content()).not.toMatch(/dauber|painter|\.png/i);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      const before = await votes();
      await page.keyboard.press("1");
      await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
      await expect(page.locator(".reveal__name")).toHaveText([/Dauber|Painter/, /Dauber|Painter/]);
      expect(await votes()).toBe(before + 1);
      await expect(button(page, "Undo")).toBeVisible();
    });
  });
}
