import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { button, expect, hydrated, test } from "./site";

const trained = existsSync(resolve(import.meta.dirname, "../../public/models/pictures/diffusion/manifest.json"));

/** The canvas's pixels, as one string. */
const pixels = (page: Page) =>
  page.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from(data).join();
  });

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
  test.skip(!trained, "no model that draws is in public/models/pictures; `cargo xtask models train diffusion` makes one");
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

test("without a model that draws the page says so, and nothing leads to it", async ({ page }) => {
  test.skip(trained, "there is a model that draws");
  await page.goto("/playground");
  await expect(page.getByRole("link", { name: "Models that draw" })).toHaveCount(0);
  await page.goto("/playground/pictures");
  await expect(page.getByText("This server has no models that draw yet.")).toBeVisible();
  await expect(page.locator("link[data-islands]")).toHaveCount(0);
});
