// Taking data away, as somebody does who has no JavaScript; and counting the board again from them, which needs it.

import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { button, expect, hydrated, test } from "./site";

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

test.describe("the board counted again", () => {
  test.use({ javaScriptEnabled: true });

  const recount = async (page: Page) => {
    await page.goto("/arena/text/recount");
    await hydrated(page);
    await button(page, "Download the votes and compute").click();
    return page.getByRole("region", { name: /same votes$/ });
  };

  test("a device computes the published board from the votes that leave, and lists what does not", async ({ page }) => {
    // A log without a vote is refused as empty.
    await vote(page);
    await page.goto("/arena/text");
    await hydrated(page);
    await page.getByLabel("My vote may be published").uncheck();
    await button(page, "A is better").click();
    await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
    let outcome = await recount(page);
    await expect(outcome.getByRole("heading", { name: "Not the same votes" })).toBeVisible();
    await expect(outcome.getByRole("table", { name: /^Pairs with other votes/ }).getByRole("row")).toHaveCount(2);

    await page.goto("/data");
    await button(page, "Publish my votes").click();
    await expect(page).toHaveURL(/\/data#your-votes$/);
    outcome = await recount(page);
    await expect(outcome.getByRole("heading", { name: "The same votes" })).toBeVisible();
    await expect(outcome).toContainText("Every rank is the same.");
    await expect(outcome).toContainText("Every rating is the same");
    await expect(outcome.getByRole("table", { name: /^Ranking by Bradley-Terry/ })).toBeVisible();
  });

  test("a file that was downloaded is counted, and one that is damaged or another is refused with the reason", async ({ page }) => {
    await vote(page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.goto("/data/text/votes.jsonl").catch(() => undefined),
    ]);
    const votes = await readFile((await download.path())!);
    await page.goto("/arena/text/recount");
    await hydrated(page);
    const chosen = page.getByLabel("Or choose a file");
    const put = (name: string, buffer: Buffer) => chosen.setInputFiles({ name, mimeType: "", buffer });
    const outcome = page.getByRole("region", { name: "The same votes", exact: true });
    await put("votes.jsonl", votes);
    await expect(outcome).toContainText("Every rank is the same.");
    await put("votes.jsonl", votes.subarray(0, votes.length - 9));
    await expect(page.getByRole("alert")).toContainText("cut off in line");
    await expect(outcome).toHaveCount(0);
    await put("votes.jsonl.gz", gzipSync(votes));
    await expect(outcome).toContainText("Every rank is the same.");
    await put("votes.jsonl.gz", gzipSync(votes).subarray(0, 60));
    await expect(page.getByRole("alert")).toContainText("damaged or cut off");
    await put("votes.parquet", Buffer.from("PAR1 and more"));
    await expect(page.getByRole("alert")).toContainText("a Parquet file");
  });
});
