// Boards that the visitor's browser computes, from a made-up log of battles over five days.

import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, expect, hydrated, program, test as base } from "./site";

const METHODS = [
  "bradley-terry", "reweighted", "davidson", "rao-kupper", "four-outcomes", "thurstone", "win-rate", "borda", "copeland",
  "kemeny", "maximal-lottery", "regularised-nash",
];
const PATH = "/arena/image-generation/leaderboard";

// Seven contestants of known strengths; ties between equals, both bad among the weak. The same rows every time.
function rows() {
  let state = 7;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const names = ["Anna", "Berta", "Cleo", "Dora", "Emma", "Frida", "Greta"];
  return Array.from({ length: 900 }, (_, at) => {
    const a = Math.floor(random() * names.length);
    const b = (a + 1 + Math.floor(random() * (names.length - 1))) % names.length;
    const chance = 1 / (1 + Math.exp((a - b) * 0.4));
    const dice = random();
    const winner = random() < 0.15 ? "tie" : random() < 0.02 * (a + b) ? "tie (bothbad)" : dice < chance ? "model_a" : "model_b";
    // The fifth and last day is 2 March 2024.
    const tstamp = Date.UTC(2024, 1, 27) / 1000 + Math.floor(at / 180) * 86_400 + 3_600;
    const model = (at: number) => `imagenhub_${names[at]}_generation`;
    return { model_a: model(a), model_b: model(b), winner, judge: `voter-${at % 30}`, anony: true, tstamp };
  });
}

const test = base.extend<{}, { server: Server }>({
  server: [
    async ({}, use) => {
      const data = mkdtempSync(join(tmpdir(), "plaudit-e2e-methods-"));
      const file = join(data, "battles.json");
      writeFileSync(file, JSON.stringify(rows()));
      const imported = spawnSync(program, ["import", "--data", data, file], { encoding: "utf8" });
      expect(imported.status, imported.stderr).toBe(0);
      const server = await Server.start(data);
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
});

test("the browser computes what the server computes, to a billionth", async ({ page }) => {
  await page.goto(PATH);
  for (const method of METHODS) {
    const difference = await page.evaluate(async ([path, method]) => {
      const arena = path.split("/")[2];
      const json = async (address: string) => (await fetch(address)).json();
      const { recount } = await json("/manifest.json");
      const counts = await json(`/api/arena/${arena}/counts`);
      const native = await json(`/api/arena/${arena}/ranking?method=${method}`);
      const worker = new Worker(recount, { type: "module" });
      const answer: any = await new Promise((done) => {
        worker.onmessage = ({ data }) => done(JSON.parse(data));
        worker.postMessage(JSON.stringify({ type: "counts", contestants: counts.contestants.length, days: counts.days }));
        worker.postMessage(JSON.stringify({ type: "board", id: 1, method, until: null, resamples: 0 }));
      });
      worker.terminate();
      if (answer.type !== "board") throw new Error(JSON.stringify(answer));
      const [here, there] = [answer.board.rows, native.board.rows];
      if (here.length !== there.length || here.length < 7) return Infinity;
      let worst = 0;
      for (const [at, row] of here.entries()) {
        for (const field of ["contestant", "rank", "score", "lower", "upper", "battles"]) {
          if ((row[field] === null) !== (there[at][field] === null)) return Infinity;
          worst = Math.max(worst, Math.abs(row[field] - there[at][field]) / Math.max(1, Math.abs(there[at][field])));
        }
      }
      return worst;
    }, [PATH, method]);
    expect(difference, method).toBeLessThan(1e-9);
  }
});

test("a visitor chooses method and day, and the table is computed on the device", async ({ page }) => {
  await page.goto(PATH);
  await page.getByRole("link", { name: "All methods" }).click();
  await hydrated(page);
  const where = page.locator('.methods__where[role="status"]');
  const ranks = page.locator("tbody .method-table__ranks");
  await expect(where).toContainText("Computed on this device");
  await expect(page.locator("tbody .board__name").first()).toContainText("Anna");
  await expect(ranks.first()).toHaveText(/^ranks [1-9]/);
  await expect(page.locator("tbody .method-table__fragility").first()).toHaveText(/^\d/);
  await page.getByRole("combobox", { name: "Method" }).selectOption("copeland");
  await expect(page.locator("caption")).toContainText("Copeland over 900 votes");
  await expect(page.locator("tbody .board__rating").first()).toHaveText(/^\d\.\d$/);
  await expect(page).toHaveURL(/method=copeland/);
  await page.getByRole("slider").fill("1");
  await expect(page.locator("output")).toHaveText("28 Feb 2024");
  await expect(page.locator("caption")).toContainText("over 360 votes");
  // What is chosen can be shared.
  await page.reload();
  await expect(page.locator("caption")).toContainText("Copeland over 900 votes");
});

test("circles and the fit of the models are told with their uncertainty", async ({ page }) => {
  await page.goto(`${PATH}?method=davidson`);
  await expect(page.getByRole("heading", { name: "Circles" })).toBeVisible();
  await expect(page.getByText(/(^|\. )Of \d+ triples/)).toBeVisible();
  const fits = page.locator(".findings__table tbody tr");
  await expect(fits.filter({ hasText: "Everybody alike" })).toHaveCount(1);
  const losses = (await fits.locator("td:nth-child(2)").allInnerTexts()).map(Number);
  expect(losses.length).toBeGreaterThan(3);
  expect(losses).toEqual([...losses].sort((one, other) => one - other));
  await expect(page.locator("dl.facts")).toContainText(/95\s% interval/);
});

test("a lost connection leaves the server's board and says so", async ({ page, faults }) => {
  faults.allow.push(/Failed to load resource|ERR_/);
  await page.route("**/api/arena/*/counts*", (route) => route.abort("internetdisconnected"));
  await page.goto(`${PATH}?method=borda`);
  await expect(page.getByRole("alert").filter({ hasText: "could not be downloaded" })).toBeVisible();
  await expect(page.locator("tbody tr")).toHaveCount(7);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("every method has its page", async ({ page }) => {
    await page.goto(`${PATH}?method=bradley-terry`);
    await page.getByRole("combobox", { name: "Method" }).selectOption("kemeny");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page.locator("caption")).toContainText("Kemeny over 900 votes");
    await expect(page.locator("tbody .board__name").first()).toContainText("Anna");
  });
});
