// Taking data away, as somebody does who has no JavaScript.

import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { button, expect, test } from "./site";

test.use({ javaScriptEnabled: false });

async function vote(page: Page): Promise<void> {
  await page.goto("/arena/text");
  await button(page, "A is better").click();
  await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
}

test("one click fetches the votes, and a board leads there", async ({ page }) => {
  await vote(page);
  await page.goto("/arena/text/leaderboard");
  await page.getByRole("link", { name: "votes", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Data", exact: true })).toBeVisible();
  const arena = page.getByRole("region", { name: "Small talk" });
  await expect(arena.getByRole("table", { name: "The newest votes" }).getByRole("row")).not.toHaveCount(1);
  const waiting = page.waitForEvent("download");
  await arena.getByRole("link", { name: "Votes as JSON Lines" }).click();
  const download = await waiting;
  expect(download.suggestedFilename()).toBe("plaudit-text-plaudit-jsonl.jsonl");
  const rows = (await readFile((await download.path())!, "utf8")).trim().split("\n");
  for (const row of rows) expect(["left", "right", "tie", "both_bad"]).toContain(JSON.parse(row).winner);
});

test("the forms of the API are answered with what they ask for", async ({ page }) => {
  await page.goto("/data/api");
  const board = page.getByRole("region", { name: "GET /api/v1/arenas/{arena}/board" });
  await board.getByLabel("method").selectOption("kemeny");
  await board.getByRole("button", { name: "Try it" }).click();
  expect(JSON.parse(await page.locator("body").innerText()).method).toBe("kemeny");
});

test("a visitor takes all their votes back", async ({ page }) => {
  await vote(page);
  await page.goto("/data");
  const own = page.getByRole("region", { name: "Your own votes" });
  await expect(own).toContainText("You have 1 vote here");
  await own.locator("summary").click();
  await own.getByRole("button", { name: "Take back all my votes" }).click();
  await expect(page).toHaveURL(/\/data#your-votes$/);
  await expect(own).toContainText("You have no vote here");
});
