import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

// A server with an arena of pictures: one contestant's are tiny, the other's wide. With `edits` they were made from another one.
async function withPictures(use: (server: Server) => Promise<void>, edits = false): Promise<void> {
  const [data, pictures] = ["data", "pictures"].map((name) => mkdtempSync(join(tmpdir(), `plaudit-e2e-${name}-`)));
  const rows = [
    { format: "plaudit-pictures/1", arena: { slug: "patterns", title: "Patterns", task: edits ? "image_edit" : "image", description: "", license: "CC0-1.0" } },
  ] as object[];
  for (const [number, prompt] of ["blue stripes", "red stripes"].entries()) {
    const colour = number === 0 ? [30, 60, 200] : [200, 40, 30];
    writeFileSync(join(pictures, `tiny-${number}.png`), png(32, 32, colour));
    writeFileSync(join(pictures, `wide-${number}.png`), png(640, 400, colour));
    writeFileSync(join(pictures, `source-${number}.png`), png(64, 64, [90, 90, 90]));
    const source = edits ? { source: `source-${number}.png` } : {};
    rows.push({ prompt, contestant: "Tiny Dauber", file: `tiny-${number}.png`, ...source });
    rows.push({ prompt, contestant: "Wide Painter", file: `wide-${number}.png`, ...source });
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

// A server with an arena of clips, or of sounds.
async function withClips(use: (server: Server) => Promise<void>, names = ["vp9.webm", "vp9.mp4"], task = "video"): Promise<void> {
  const [data, clips] = ["data", "clips"].map((name) => mkdtempSync(join(tmpdir(), `plaudit-e2e-${name}-`)));
  const rows: object[] = [
    { format: "plaudit-pictures/1", arena: { slug: "waves", title: "Waves", task, description: "", license: "CC0-1.0" } },
  ];
  for (const name of names) {
    copyFileSync(join(import.meta.dirname, "../../crates/media/tests/clips", name), join(clips, name));
    rows.push({ prompt: "a test picture, moving", contestant: name.replace(".", " "), file: name });
  }
  writeFileSync(join(clips, "manifest.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  execFileSync(program, ["import", "--data", data, clips], { stdio: "pipe" });
  const server = await Server.start(data);
  try {
    await use(server);
  } finally {
    await server.stop();
    rmSync(clips, { recursive: true, force: true });
  }
}

type Playing = { at: number; paused: boolean; controls: boolean; width: number };

for (const width of [390, 1280]) {
  test(`two clips start, stop and are gone through together at ${width} px, and are voted on`, async ({ page }) => {
    await withClips(async (server) => {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${server.address}/arena/waves`);
      await hydrated(page);
      const now = (): Promise<Playing[]> =>
        page.locator("video").evaluateAll((found) =>
          (found as HTMLVideoElement[]).map((clip) => ({
            at: clip.currentTime, paused: clip.paused, controls: clip.controls, width: clip.videoWidth,
          })),
        );
      const both = page.getByRole("group", { name: "Both clips" });
      // They run without being asked, each with pictures, and neither by controls of its own.
      await expect.poll(async () => (await now()).every((clip) => !clip.paused && clip.at > 0)).toBe(true);
      expect((await now()).map((clip) => [clip.width, clip.controls])).toEqual([[96, false], [96, false]]);
      await page.keyboard.press("p");
      await expect(both.getByRole("button", { name: "Play" })).toBeVisible();
      await expect.poll(async () => (await now()).every((clip) => clip.paused)).toBe(true);
      await both.getByRole("slider", { name: "Time" }).fill("500");
      expect((await now()).map((clip) => clip.at)).toEqual([0.5, 0.5]);
      await page.keyboard.press(".");
      const [one, other] = await now();
      expect(one.at).toBeGreaterThan(0.5);
      expect(other.at).toBe(one.at);
      // At the end both begin again.
      await both.getByRole("slider", { name: "Time" }).fill("900");
      await both.getByRole("button", { name: "Play" }).click();
      await expect.poll(async () => (await now()).every((clip) => !clip.paused && clip.at < 0.8)).toBe(true);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      const found = await new AxeBuilder({ page }).analyze();
      expect(found.violations).toEqual([]);
      await page.keyboard.press("1");
      await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
      await page.getByRole("link", { name: "This battle’s page" }).click();
      await expect(page.locator("video")).toHaveCount(2);
      await expect(page.getByRole("group", { name: "Both clips" })).toBeVisible();
    });
  });
}

test("who wants nothing to move starts the clips themselves", async ({ page }) => {
  await withClips(async (server) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(`${server.address}/arena/waves`);
    await hydrated(page);
    const play = page.getByRole("group", { name: "Both clips" }).getByRole("button", { name: "Play" });
    await expect(play).toBeVisible();
    const times = () => page.locator("video").evaluateAll((found) => found.map((clip) => (clip as HTMLVideoElement).currentTime));
    await expect.poll(() => page.locator("video").evaluateAll((found) => found.every((clip) => (clip as HTMLVideoElement).readyState >= 3))).toBe(true);
    expect(await times()).toEqual([0, 0]);
    await play.click();
    await expect.poll(async () => (await times()).every((at) => at > 0)).toBe(true);
  });
});

test("of two sounds one is heard at a time, and a phone has room for both", async ({ page }) => {
  await withClips(async (server) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${server.address}/arena/waves`);
    await hydrated(page);
    const sounds = page.locator("audio");
    await expect(sounds).toHaveCount(2);
    const stopped = () => sounds.evaluateAll((found) => found.map((sound) => (sound as HTMLAudioElement).paused));
    await sounds.nth(0).evaluate((sound) => {
      (sound as HTMLAudioElement).loop = true;
      return (sound as HTMLAudioElement).play();
    });
    await expect.poll(stopped).toEqual([false, true]);
    await sounds.nth(1).evaluate((sound) => {
      (sound as HTMLAudioElement).loop = true;
      return (sound as HTMLAudioElement).play();
    });
    await expect.poll(stopped).toEqual([true, false]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.keyboard.press("3");
    await expect(page.getByRole("heading", { name: "You called it a tie" })).toBeVisible();
  }, ["sound.wav", "sound.opus"], "audio");
});

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
      // A picture without a place kept for it would move half the page: 0.3 and more. Now and then the page is painted before its last
      // line is there, which is 0.02; what browsers call good ends at 0.1.
      // @ts-expect-error as above
      const shifts: number[] = await page.evaluate(() => window.shifts);
      expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.05);
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

for (const width of [390, 1280]) {
  test(`both pictures are looked at closer, together, at ${width} px, and no key votes meanwhile`, async ({ page }) => {
    await withPictures(async (server) => {
      const votes = async () => (await (await fetch(`${server.address}/api/arena/patterns/board`)).json()).votes;
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${server.address}/arena/patterns`);
      await hydrated(page);
      const opener = page.getByRole("button", { name: "Look closer" });
      await opener.click();
      const dialog = page.getByRole("dialog", { name: "Look closer" });
      const stage = dialog.getByRole("group", { name: /^Pictures/ });
      const images = stage.getByRole("img");
      await expect(images).toHaveCount(2);
      const places = () => images.evaluateAll((all) => all.map((image) => getComputedStyle(image).transform));
      const [whole] = await places();
      expect(await places()).toEqual([whole, whole]);
      await stage.focus();
      for (const key of ["+", "+", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
      const [moved] = await places();
      expect(moved).not.toBe(whole);
      expect(await places()).toEqual([moved, moved]);
      // By hand: to the left and up again, which is the other way.
      const box = (await images.first().locator("..").boundingBox())!;
      await page.mouse.move(box.x + 40, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + 70, box.y + 60, { steps: 4 });
      await page.mouse.up();
      const [dragged] = await places();
      expect(dragged).not.toBe(moved);
      expect(await places()).toEqual([dragged, dragged]);
      await page.mouse.wheel(0, -300);
      await expect.poll(async () => (await places())[0]).not.toBe(dragged);
      await dialog.getByRole("button", { name: "Whole" }).click();
      expect(await places()).toEqual([whole, whole]);

      const sources = () => images.evaluateAll((all) => all.map((image) => image.getAttribute("src")));
      const [first, second] = await sources();
      await dialog.getByRole("button", { name: "Swap" }).click();
      expect(await sources()).toEqual([second, first]);

      // The line of the slider hides the second picture up to it; the onion skin lets it through.
      await dialog.getByRole("radio", { name: "Slider" }).check();
      const clip = () => images.last().locator("..").evaluate((pane) => getComputedStyle(pane).clipPath);
      expect(await clip()).toContain("50%");
      await dialog.getByRole("slider", { name: "Line" }).fill("20");
      expect(await clip()).toContain("20%");
      await dialog.getByRole("radio", { name: "Onion skin" }).check();
      expect(await clip()).toBe("none");
      expect(await images.last().evaluate((image) => getComputedStyle(image).opacity)).toBe("0.2");
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

      const before = await votes();
      await stage.focus();
      await page.keyboard.press("1");
      await page.keyboard.press("s");
      await page.keyboard.press("Escape");
      await expect(dialog).toBeHidden();
      await expect(opener).toBeFocused();
      expect(await votes()).toBe(before);
      await page.keyboard.press("z");
      await expect(dialog).toBeVisible();
      await dialog.getByRole("button", { name: "Close" }).click();
      await page.keyboard.press("1");
      await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
      expect(await votes()).toBe(before + 1);
    });
  });
}

test("an edit is compared with what it was made from, before the vote and after", async ({ page }) => {
  await withPictures(async (server) => {
    await page.goto(`${server.address}/arena/patterns`);
    await hydrated(page);
    const compare = async () => {
      await page.getByRole("button", { name: "Look closer" }).click();
      const dialog = page.getByRole("dialog", { name: "Look closer" });
      await expect(dialog.getByRole("img")).toHaveCount(2);
      const names = dialog.locator(".closer__name");
      await expect(names).toHaveText(["A", "B"]);
      await dialog.getByRole("combobox", { name: "First" }).selectOption("Original");
      await expect(names).toHaveText(["Original", "B"]);
      await dialog.getByRole("combobox", { name: "Second" }).selectOption("Original");
      await expect(names).toHaveText(["B", "Original"]);
      const loaded = () => dialog.getByRole("img").evaluateAll((all) => all.every((image) => (image as HTMLImageElement).naturalWidth > 0));
      await expect.poll(loaded).toBe(true);
      await dialog.getByRole("button", { name: "Close" }).click();
    };
    await compare();
    await page.keyboard.press("2");
    await expect(page.getByRole("heading", { name: "You preferred B" })).toBeVisible();
    await page.getByRole("link", { name: "This battle’s page" }).click();
    await expect(page.getByText(/Tiny Dauber/).first()).toBeVisible();
    await hydrated(page);
    await compare();
  }, true);
});
