import { Server, button, expect, hydrated, openBattle, test } from "./site";

test("a vote in one browser moves the open leaderboard of another", async ({ page, browser, server }) => {
  const reader = await (await browser.newContext({ baseURL: server.address })).newPage();
  await reader.goto("/arena/text/leaderboard");
  await hydrated(reader);
  await expect(reader.locator(".live")).toHaveText("Live");
  const facts = reader.locator(".board__facts p").nth(1);
  const before = (await server.board()).votes;
  await openBattle(page);
  await button(page, "A is better").click();
  await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
  await expect(facts).toHaveText(new RegExp(`^${before + 1} votes?\\b`));
  const winner = await page.locator(".reveal__name").first().innerText();
  const board = await server.board();
  expect(board.rows.find((row) => winner.startsWith(row.name))?.battles).toBeGreaterThan(0);
  const shown = await reader.locator(".board__table tbody tr").allInnerTexts();
  expect(shown.length).toBe(board.rows.length);
  await reader.context().close();
});

test("the table holds still while somebody reads it", async ({ page, browser, server }) => {
  await page.goto("/arena/text/leaderboard");
  await hydrated(page);
  await expect(page.locator(".live")).toHaveText("Live");
  await page.locator(".board__table tbody tr").first().hover();
  const text = await page.locator(".board__table tbody").innerText();
  const voter = await (await browser.newContext({ baseURL: server.address })).newPage();
  await openBattle(voter);
  await button(voter, "B is better").click();
  await expect(voter.getByRole("heading", { name: "You preferred B" })).toBeVisible();
  await expect(page.locator(".board__waiting")).toContainText("waiting");
  expect(await page.locator(".board__table tbody").innerText()).toBe(text);
  await page.mouse.move(0, 0);
  await expect(page.locator(".board__waiting")).toHaveText("");
  await expect(page.locator(".board__table tbody")).not.toHaveText(text);
  await voter.context().close();
});

test("method and votes are chosen by links and kept in the address", async ({ page }) => {
  await page.goto("/arena/text/leaderboard");
  await page.getByRole("link", { name: "Elo" }).first().click();
  await expect(page).toHaveURL(/method=elo/);
  await expect(page.locator(".board__table caption")).toContainText("Elo");
  await hydrated(page);
  await expect(page.locator(".live")).toHaveText("Live");
});

test("an open board says that it reconnects, and does", async ({ browser, faults }) => {
  faults.allow.push(/Failed to load resource|ERR_/);
  const first = await Server.start();
  const page = await (await browser.newContext({ baseURL: first.address })).newPage();
  await page.goto("/arena/text/leaderboard");
  await expect(page.locator(".live")).toHaveText("Live");
  await first.kill("SIGKILL");
  await expect(page.locator(".live")).toHaveText("Reconnecting…");
  const second = await Server.start(first.data, new URL(first.address).host);
  await expect(page.locator(".live")).toHaveText("Live", { timeout: 30_000 });
  await page.context().close();
  await second.stop();
});
