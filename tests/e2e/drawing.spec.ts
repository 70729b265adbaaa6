import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { type Server, button, expect, files, hydrated, program, test } from "./site";

/** The canvas's pixels, as one string. */
const pixels = (page: Page) =>
  page.locator("canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

async function draw(page: Page, painter: RegExp, prompt: string, seed: string) {
  const select = page.getByLabel("Drawn by");
  const name = (await select.locator("option").allTextContents()).find((text) => painter.test(text));
  await select.selectOption({ label: name! });
  await page.getByLabel("What shall be seen?").fill(prompt);
  await page.getByLabel("Seed", { exact: true }).fill(seed);
  await button(page, "Draw").click();
  await expect(page.getByText(/^Drawn in /)).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole("img", { name: `Drawn for: ${prompt}` })).toBeVisible();
  return pixels(page);
}

test("a visitor types words, and a model draws them on this device, step by step, the same for the same seed", async ({ page }) => {
  test.setTimeout(300_000);
  await page.goto("/playground/pictures");
  await hydrated(page);
  const posted: string[] = [];
  page.on("request", (request) => request.method() !== "GET" && posted.push(request.url()));
  await expect(button(page, "Draw")).toBeDisabled();
  await page.getByText("Options", { exact: true }).click();
  await page.getByLabel("Run on").selectOption("cpu");
  const first = await draw(page, /Diffusion, 6 steps/, "a red heart", "7");
  await expect(page.getByText(/, 6 steps\./)).toBeVisible();
  await expect(page.getByText(/^Drawn on: CPU/)).toBeVisible();
  expect(await draw(page, /Diffusion, 6 steps/, "a red heart", "8")).not.toEqual(first);
  expect(await draw(page, /Diffusion, 6 steps/, "a red heart", "7")).toEqual(first);
  const nearest = await draw(page, /Nearest emoji/, "red heart", "7");
  expect(nearest).not.toEqual(first);
  expect(posted).toEqual([]);
});

// An arena whose contestants look two and three times: on WebGPU without a GPU each look takes seconds, and two contestants of
// the built-in arena some minutes.
const quick = (server: Server): string => {
  const contestant = (steps: number) => `
[[contestant]]
slug = "diffusion-${steps}"
name = "Diffusion · ${steps} steps"
model = "diffusion"
captions = "captions"
steps = ${steps}
style = "fluent"
`;
  const file = join(server.data, "quick.toml");
  writeFileSync(file, `[arena]\nslug = "quick"\ntitle = "Quick"\ntask = "image"\n${contestant(1)}${contestant(2)}`);
  execFileSync(program, ["import", "--data", server.data, "--site", files, file], { stdio: "pipe" });
  return "quick";
};

for (const [device, choice, words, arenaOf] of [
  ["the processor", "cpu", /^CPU/, () => "emoji"],
  ["WebGPU", "web_gpu", /^WebGPU/, quick],
] as const) {
  test(`a visitor types words, two models draw them on ${device}, the vote names them and the board moves`, async ({ page, server }) => {
    test.setTimeout(600_000);
    const arena = arenaOf(server);
    await page.goto("/arena/emoji");
    await page.getByRole("link", { name: "Generate a new battle here" }).click();
    // A running server hears of a new arena within seconds.
    if (arena !== "emoji") await expect.poll(async () => (await page.goto(`/arena/${arena}/live`))!.status()).toBe(200);
    const before = (await server.board("", arena)).votes;
    await hydrated(page);
    await page.getByText("Options", { exact: true }).click();
    await page.getByLabel("Run on").selectOption(choice);
    await page.getByRole("textbox", { name: "Prompt" }).fill("a blue cat with a hat");
    await button(page, "Generate").click();
    const ballot = button(page, "Tie");
    await expect(ballot).toBeVisible({ timeout: 500_000 });
    // Neither side has a name, and both show a picture: not one colour alone.
    await expect(page.locator(".reveal__name")).toHaveCount(0);
    await expect(page.getByRole("img", { name: /^Answer [AB] to: a blue cat with a hat$/ })).toHaveCount(2);
    for (const colours of await page.locator("canvas").evaluateAll(coloursOf)) expect(colours).toBeGreaterThan(3);
    await page.keyboard.press("1");
    await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
    await expect(page.locator(".reveal__name")).toHaveCount(2);
    for (const card of await page.locator(".generation").all()) {
      const facts = card.locator(".reveal__standing").last();
      // What looks pictures up needs no device.
      const name = await card.locator(".reveal__name").textContent();
      if (!/nearest/i.test(name!)) await expect(facts).toHaveText(words);
      await expect(facts).toHaveText(/drawn in /);
    }
    expect((await server.board("", arena)).votes).toBe(before + 1);
    // Who voted finds both pictures on the battle's own page.
    await page.getByRole("link", { name: "This battle’s page" }).click();
    await expect(page.locator("img.picture__image")).toHaveCount(2);
  });
}

test("a visitor chooses a picture, says what shall become of it, watches two models change it, and votes", async ({ page, server }) => {
  test.setTimeout(600_000);
  const before = (await server.board("", "emoji-edits")).votes;
  await page.goto("/arena/emoji-edits");
  await expect(page.getByRole("img", { name: "The picture to change" })).toBeVisible();
  await page.getByRole("link", { name: "Generate a new battle here" }).click();
  await hydrated(page);
  await page.getByText("Options", { exact: true }).click();
  await page.getByLabel("Run on").selectOption("cpu");
  const choice = page.getByRole("group", { name: "The picture to change" }).getByRole("radio").nth(2);
  const chosen = await choice.getAttribute("value");
  const source = `/media/${chosen}`;
  // A finger hits the picture: the button itself is hidden beneath it.
  await page.locator(`label:has(input[value="${chosen}"])`).click();
  await expect(choice).toBeChecked();
  await page.getByRole("textbox", { name: "What shall become of it?" }).fill("make it blue");
  await button(page, "Generate").click();
  await expect(button(page, "Tie")).toBeVisible({ timeout: 500_000 });
  await expect(page.getByRole("img", { name: "The picture to change" })).toHaveAttribute("src", source);
  for (const colours of await page.locator("canvas").evaluateAll(coloursOf)) expect(colours).toBeGreaterThan(3);
  await page.keyboard.press("2");
  await expect(page.getByRole("heading", { name: "You preferred B" })).toBeVisible();
  for (const card of await page.locator(".generation").all()) {
    await expect(card.locator(".reveal__standing").last()).toHaveText(/^CPU.*drawn in /);
  }
  expect((await server.board("", "emoji-edits")).votes).toBe(before + 1);
  await page.getByRole("link", { name: "This battle’s page" }).click();
  await expect(page.locator("img.picture__image")).toHaveCount(3);
  await expect(page.getByRole("img", { name: "The picture to change" })).toHaveAttribute("src", source);
});

/** How many colours each canvas has. */
function coloursOf(canvases: (SVGElement | HTMLElement)[]): number[] {
  return canvases.map((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
    const colours = new Set<string>();
    for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 3).join());
    return colours.size;
  });
}
