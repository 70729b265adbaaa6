import AxeBuilder from "@axe-core/playwright";
import { button, expect, hydrated, openBattle, test } from "./site";

const addresses = [
  "/",
  "/arena/text",
  "/arena/text/leaderboard",
  "/arena/text/leaderboard?method=elo&votes=here",
  "/arena/text/leaderboard?method=bradley-terry",
  "/arena/text/judges",
  "/data",
  "/data/api",
  "/about",
  "/playground/pictures",
  "/nothing-here",
];

for (const scheme of ["light", "dark"] as const) {
  for (const [device, viewport] of Object.entries({
    phone: { width: 360, height: 780 },
    desktop: { width: 1440, height: 900 },
  })) {
    test.describe(`${device}, ${scheme}`, () => {
      test.use({ viewport, colorScheme: scheme });

      for (const address of addresses) {
        test(`${address} is accessible, complains of nothing, and fits`, async ({ page, faults }, info) => {
          faults.allow.push(/status of 404/);
          await page.goto(address);
          await hydrated(page);
          await check(page);
          await page.screenshot({ path: info.outputPath("page.png"), fullPage: true });
        });
      }

      test("a voted battle and its own page are accessible", async ({ page }, info) => {
        await openBattle(page);
        await button(page, "A is better").click();
        await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
        await check(page);
        await page.screenshot({ path: info.outputPath("voted.png"), fullPage: true });
        await page.getByRole("link", { name: /battle’s page/ }).click();
        await expect(page).toHaveURL(/\/battle\//);
        await hydrated(page);
        await check(page);
        await page.screenshot({ path: info.outputPath("battle.png"), fullPage: true });
        await page.getByRole("link", { name: "Judge it on this device" }).click();
        await hydrated(page);
        await check(page);
        await page.screenshot({ path: info.outputPath("judging.png"), fullPage: true });
      });

      test("the judges of a battle that was voted on, and one of them from all sides, are accessible", async ({ page }, info) => {
        await openBattle(page);
        await button(page, "A is better").click();
        await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
        // The judges that need no model follow the votes within seconds.
        await expect(async () => {
          await page.goto("/arena/text/judges");
          await expect(page.getByRole("link", { name: "Longer text" })).toBeVisible({ timeout: 500 });
        }).toPass();
        await check(page);
        await page.screenshot({ path: info.outputPath("judges.png"), fullPage: true });
        await page.getByRole("link", { name: "Longer text" }).click();
        await expect(page.getByRole("heading", { name: /Longer text/ })).toBeVisible();
        await expect(page.getByRole("table", { name: /Votes by people/ })).toBeVisible();
        await check(page);
        await page.screenshot({ path: info.outputPath("judge.png"), fullPage: true });
      });
    });
  }
}

async function check(page: import("@playwright/test").Page): Promise<void> {
  // Transitions must end first, or colours are measured half-way. A pulse that never ends is not waited for.
  // One may begin when the page is next drawn, so that is waited for first.
  await page.evaluate(async () => {
    const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const isEnding = (one: Animation) =>
      one.playState === "running" && one.effect?.getComputedTiming().endTime !== Infinity;
    await drawn();
    for (let ending; (ending = document.getAnimations().filter(isEnding)).length > 0; await drawn()) {
      await Promise.all(ending.map((one) => one.finished.catch(() => {})));
    }
  });
  const result = await new AxeBuilder({ page }).analyze();
  expect(result.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, "nothing is wider than the screen").toBeLessThanOrEqual(0);
}

test("the whole battle can be reached and answered with the Tab key", async ({ page }) => {
  await openBattle(page);
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press("Tab");
    const name = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
    if (name.startsWith("Both are bad")) break;
  }
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "You found both bad" })).toBeVisible();
});

test("a lost connection keeps the battle, and the vote can be sent again", async ({ page, context, server, faults }) => {
  faults.allow.push(/Failed to load resource|ERR_INTERNET_DISCONNECTED/);
  const before = (await server.board()).votes;
  await openBattle(page);
  await context.setOffline(true);
  await button(page, "Tie").click();
  await expect(page.getByRole("alert")).toContainText("was not sent");
  await context.setOffline(false);
  await button(page, "Tie").click();
  await expect(page.getByRole("heading", { name: "You called it a tie" })).toBeVisible();
  expect((await server.board()).votes).toBe(before + 1);
});

test("offline, a page that was not loaded says so in our own words", async ({ page, context, faults }) => {
  faults.allow.push(/Failed to load resource|ERR_INTERNET_DISCONNECTED/);
  await page.goto("/");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await context.setOffline(true);
  await page.goto("/about");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/offline/i);
  await context.setOffline(false);
});
