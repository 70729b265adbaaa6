// Battles that the visitor's own browser makes. The first tests run the real models; where the question is what the page
// does with a slow or a broken worker, tests/e2e/fake-worker.js stands in for them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { button, expect, files, hydrated, test } from "./site";

const LIVE = "/arena/text/live";
// What page and worker call the version of their messages.
const { protocol } = JSON.parse(readFileSync(join(files, "runner.json"), "utf8"));
const fake = readFileSync(join(import.meta.dirname, "fake-worker.js"), "utf8").replace("@protocol@", protocol);

// Requests of workers have to reach the tests, not the service worker.
test.use({ serviceWorkers: "block" });
test.beforeEach(({ faults }) => {
  // The server knows that a fake worker's texts are not what the model's tokens say, and refuses them (422). Two contestants that
  // are stopped after a few tokens may well have written the same (409), which `voting` goes on from.
  faults.allow.push(/Service Worker registration blocked/, /status of (409|422)/);
});

test("the battle page leads to battles made here, and says what that means", async ({ page }) => {
  await page.goto("/arena/text");
  await expect(page.locator(".generate-here")).toContainText("Nothing is sent to a model provider");
  await page.getByRole("link", { name: "Generate a new battle here" }).click();
  await expect(page).toHaveURL(/\/arena\/text\/live$/);
});

for (const [device, choice, words] of [
  ["the processor", "cpu", /^CPU/],
  ["WebGPU", "web_gpu", /^WebGPU/],
] as const) {
  test(`a visitor generates a battle on ${device}, votes, and the leaderboard moves`, async ({ page, server }) => {
    // A software adapter compiles the shaders of two workers for minutes.
    test.setTimeout(600_000);
    const before = (await server.board()).votes;
    await openLive(page);
    await page.getByText("Options", { exact: true }).click();
    await page.getByLabel("Run on").selectOption(choice);
    await page.getByRole("textbox", { name: "Prompt" }).fill("Tell a short story about a lighthouse.");
    await button(page, "Generate").click();
    if (choice === "web_gpu") {
      // A software adapter makes a token in a second or so: some are enough.
      await expect(page.locator(".generation__tokens").first()).toHaveText(/^([4-9]|\d{2,}) tokens/, { timeout: 500_000 });
      await button(page, "Stop and vote").click();
    }
    await voting(page, 500_000);
    await expect(page.locator(".reveal__name")).toHaveCount(0);
    await expect(page.locator(".generation .prose")).toHaveCount(2);
    await page.keyboard.press("1");
    await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
    await expect(page.locator(".reveal__name")).toHaveCount(2);
    for (const card of await page.locator(".generation").all()) {
      const facts = card.locator(".reveal__standing").last();
      await expect(facts).toHaveText(words);
      await expect(facts).toHaveText(/tokens\/s$/);
    }
    expect((await server.board()).votes).toBe(before + 1);
    // The models are on this device now, and nothing is asked twice.
    await page.reload();
    await hydrated(page);
    await expect(page.locator(".setup__summary")).toContainText("already on this device");
    await expect(page.locator(".setup__models")).not.toHaveAttribute("open");
    await expect(page.getByLabel("Run on")).toHaveValue(choice);
  });
}

test("altered weights are never used: a message, a way to retry, and nothing handed in", async ({ page, faults }) => {
  test.setTimeout(240_000);
  faults.allow.push(/./);
  const posted = handedIn(page);
  let alter = true;
  await page.context().route("**/models/tiny/*?sha256=*", async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    if (alter) body[body.length - 1] ^= 1;
    await route.fulfill({ response, body });
  });
  await openLive(page);
  await chooseCpu(page);
  await button(page, "Generate").click();
  await expect(page.locator(".generation__broken:visible").first()).toContainText("SHA-256", { timeout: 60_000 });
  expect(posted).toEqual([]);
  alter = false;
  // The other side may have begun its own download of the altered file before this, and break later.
  await expect(async () => {
    const retry = button(page, "Retry").first();
    if (await retry.isVisible()) await retry.click();
    const over = button(page, "Tie").or(page.getByRole("alert").filter({ hasText: "very same thing" }));
    await expect(over.first()).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: 100_000 });
  await voting(page, 100_000);
});

test("both sides keep the same pace, and show the same number of tokens", async ({ page }) => {
  await fakeWorkers(page, [{ millis: 2, steps: 60 }, { millis: 40, steps: 60 }]);
  await openLive(page);
  await page.evaluate(() => {
    const differences: number[] = [];
    Object.assign(window, { differences });
    const counts = () => [...document.querySelectorAll(".generation__tokens")].map((node) => parseInt(node.textContent ?? "0"));
    new MutationObserver(() => {
      const [left, right] = counts();
      differences.push(Math.abs(left - right));
    }).observe(document.querySelector(".stage")!, { subtree: true, characterData: true, childList: true });
  });
  await button(page, "Generate").click();
  await expect(page.locator(".generation__tokens").first()).toHaveText("60 tokens");
  const differences = await page.evaluate(() => (window as unknown as { differences: number[] }).differences);
  expect(differences.length).toBeGreaterThan(50);
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

test("stop ends both sides where they are", async ({ page }) => {
  await fakeWorkers(page, [{ millis: 30, steps: 5000 }, { millis: 30, steps: 5000 }]);
  await openLive(page);
  const request = page.waitForRequest("**/api/live/finish");
  await button(page, "Generate").click();
  await button(page, "Stop and vote").click();
  const fields = new URLSearchParams((await request).postData() ?? "");
  const answers = JSON.parse(fields.get("answers")!);
  for (const side of [answers.left, answers.right]) {
    expect(side.content.text.finish).toBeNull();
    expect(side.content.text.tokens.length).toBeGreaterThan(0);
    expect(side.content.text.tokens.length).toBeLessThan(5000);
  }
});

test("cancel leads back to the form, and nothing is handed in", async ({ page }) => {
  const posted = handedIn(page);
  await fakeWorkers(page, [{ millis: 30, steps: 5000 }, { millis: 30, steps: 5000 }]);
  await openLive(page);
  await button(page, "Generate").click();
  await expect(button(page, "Stop and vote")).toBeVisible();
  await button(page, "Cancel").click();
  await expect(page.getByRole("textbox", { name: "Prompt" })).toBeFocused();
  await button(page, "Generate").click();
  await expect(button(page, "Stop and vote")).toBeVisible();
  expect(posted).toEqual([]);
});

test("a worker that breaks says so on its side, and Retry starts a new one", async ({ page, faults }) => {
  faults.allow.push(/Uncaught|worker/i);
  const posted = handedIn(page);
  await fakeWorkers(page, ["this is no JavaScript (", { millis: 2, steps: 8 }, { millis: 2, steps: 8 }]);
  await openLive(page);
  await button(page, "Generate").click();
  await expect(page.locator(".generation__broken:visible")).toContainText("could not be started");
  expect(posted).toEqual([]);
  await button(page, "Retry").click();
  await page.waitForRequest("**/api/live/finish");
});

test("a worker that dies in the middle says so, and the page lives on", async ({ page, faults }) => {
  faults.allow.push(/Uncaught|dies/);
  const dying = fake.replace("tokens.push(token);", "tokens.push(token); if (tokens.length > 3) setTimeout(() => { throw new Error('dies'); });");
  await fakeWorkers(page, [{ millis: 2, steps: 50 }, dying.replace("@millis@", "2").replace("@steps@", "50")]);
  await openLive(page);
  await button(page, "Generate").click();
  await expect(page.locator(".generation__broken:visible")).toContainText("broke off");
  await button(page, "Change prompt or models").click();
  await expect(page.getByRole("textbox", { name: "Prompt" })).toBeFocused();
});

test("a worker that falls silent is given up after a minute, not before", async ({ page }) => {
  await page.clock.install();
  await fakeWorkers(page, [{ millis: 2, steps: 50 }, fake.replace("@millis@", "2").replace("@steps@", "50")
    .replace("while (tokens.length < steps", "while (tokens.length < 5")
    .replace("say({\n    type: \"done\"", "await new Promise(() => {}); say({\n    type: \"done\"")]);
  await openLive(page);
  await button(page, "Generate").click();
  await expect(page.locator(".generation__tokens").first()).toHaveText("5 tokens");
  await page.clock.runFor(50_000);
  await expect(page.locator(".generation__broken:visible")).toHaveCount(0);
  await page.clock.runFor(30_000);
  await expect(page.locator(".generation__broken:visible")).toContainText("said nothing");
});

test("while the server builds the worker the page says so, and then goes on by itself", async ({ page, faults }) => {
  faults.allow.push(/status of 404/);
  await fakeWorkers(page, [{ millis: 2, steps: 8 }, { millis: 2, steps: 8 }]);
  let built = false;
  await page.route("**/runner.json", (route) => (built ? route.fallback() : route.fulfill({ status: 404 })));
  await page.clock.install();
  await openLive(page);
  await expect(page.locator(".setup__notice")).toContainText("on their way");
  await expect(button(page, "Generate")).toBeDisabled();
  built = true;
  await page.clock.runFor(5_100);
  await expect(button(page, "Generate")).toBeEnabled();
  await expect(page.locator(".setup__notice")).toBeHidden();
});

test("two equal texts are nothing to compare, and another battle is one click away", async ({ page, faults }) => {
  faults.allow.push(/status of 409/);
  await fakeWorkers(page, [{ millis: 2, steps: 8 }, { millis: 2, steps: 8 }]);
  await page.route("**/api/live/finish", (route) => route.fulfill({ status: 409, json: "identical" }));
  await openLive(page);
  await page.getByRole("textbox", { name: "Prompt" }).fill("Say the same.");
  await button(page, "Generate").click();
  await expect(page.getByRole("alert").filter({ hasText: "very same thing" })).toBeVisible();
  const again = page.waitForRequest("**/api/live/start");
  await button(page, "Generate another").click();
  expect(new URLSearchParams((await again).postData() ?? "").get("prompt")).toBe("Say the same.");
});

test("a lost connection keeps the two texts, which can be sent again", async ({ page, faults }) => {
  faults.allow.push(/Failed to load resource|ERR_/);
  await fakeWorkers(page, [{ millis: 2, steps: 8 }, { millis: 2, steps: 8 }]);
  await page.route("**/api/live/finish", (route) => route.abort("internetdisconnected"));
  await openLive(page);
  await button(page, "Generate").click();
  await expect(page.getByRole("alert").filter({ hasText: "could not be reached" })).toBeVisible();
  await page.unroute("**/api/live/finish");
  const again = page.waitForRequest("**/api/live/finish");
  await button(page, "Send again").click();
  await again;
});

test("a long prompt is counted, and a prompt of the arena can be taken", async ({ page }) => {
  await openLive(page);
  const prompt = page.getByRole("textbox", { name: "Prompt" });
  await prompt.fill("x".repeat(1990));
  await expect(page.getByText("1,990 of 2,000 characters")).toBeVisible();
  await button(page, "Take a prompt").click();
  await expect(prompt).not.toHaveValue(/^x/);
  await expect(prompt).not.toHaveValue("");
});

test("the playground writes by name and shows its numbers", async ({ page }) => {
  await fakeWorkers(page, [{ millis: 5, steps: 20 }]);
  await page.goto("/");
  await page.getByRole("link", { name: "Playground" }).click();
  await hydrated(page);
  await page.getByRole("textbox", { name: "Prompt" }).fill("Say something.");
  await page.getByLabel("Seed").fill("7");
  await button(page, "Generate").click();
  await expect(page.locator(".readout__tokens")).toHaveText("20");
  await expect(page.locator(".readout__speed")).toHaveText("200.0 tokens/s");
  await expect(page.locator(".readout__device")).toHaveText("CPU · a test");
  await expect(page.locator(".playground__text")).toContainText("model in a browser");
  await expect(page.locator(".main")).toContainText("Not ranked");
});

test("two contestants play side by side, each with its own numbers, and one can leave again", async ({ page }) => {
  await fakeWorkers(page, [{ millis: 5, steps: 20 }, { millis: 10, steps: 8 }]);
  await page.goto("/playground");
  await hydrated(page);
  const beside = page.getByRole("combobox", { name: "Beside it" });
  await beside.selectOption({ label: "Tiny · T 0.7" });
  await page.getByRole("textbox", { name: "Prompt" }).fill("Say something.");
  await button(page, "Generate").click();
  await expect(page.locator(".readout__name")).toHaveText(["Tiny · T 0.4", "Tiny · T 0.7"]);
  await expect(page.locator(".readout__tokens")).toHaveText(["20", "8"]);
  await expect(page.locator(".readout__speed")).toHaveText(["200.0 tokens/s", "100.0 tokens/s"]);
  await expect(button(page, "Generate")).toBeEnabled();
  await beside.selectOption({ label: "Nobody" });
  await expect(page.locator(".readout__tokens")).toHaveText(["20"]);
  await expect(page.locator(".readout__name")).toBeHidden();
});

test("the code that runs models is loaded where models run, and there alone", async ({ page }) => {
  const loaded: string[] = [];
  page.on("request", (request) => {
    const found = request.url().match(/\/pkg\/(plaudit.*)-[0-9a-f]+_bg\.wasm$/);
    if (found && !loaded.includes(found[1])) loaded.push(found[1]);
  });
  for (const [path, name] of [["/arena/text", "plaudit"], ["/arena/text/leaderboard", "plaudit"], ["/arena/text/leaderboard?method=borda", "plaudit-methods"], [LIVE, "plaudit-models"]]) {
    loaded.length = 0;
    await page.goto(path);
    await hydrated(page);
    expect(loaded, path).toEqual([name]);
  }
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("live battles say that they need it, and lead to the stored ones", async ({ page }) => {
    await page.goto(LIVE);
    await expect(page.getByText("Live battles need JavaScript")).toBeVisible();
    await expect(button(page, "Generate")).toBeHidden();
    await page.getByRole("link", { name: "Vote on a stored battle" }).click();
    await expect(button(page, "Tie")).toBeVisible();
  });
});

for (const scheme of ["light", "dark"] as const) {
  for (const [device, viewport] of Object.entries({
    phone: { width: 360, height: 780 },
    desktop: { width: 1440, height: 900 },
  })) {
    test.describe(`${device}, ${scheme}`, () => {
      test.use({ viewport, colorScheme: scheme });

      test("the live battle is accessible and fits, from the form to the texts", async ({ page }, info) => {
        await fakeWorkers(page, [{ millis: 20, steps: 4000 }, { millis: 20, steps: 4000 }]);
        await openLive(page);
        await page.getByText("Options", { exact: true }).click();
        await check(page);
        await page.screenshot({ path: info.outputPath("form.png"), fullPage: true });
        await button(page, "Generate").click();
        await expect(button(page, "Stop and vote")).toBeVisible();
        await check(page);
        await page.screenshot({ path: info.outputPath("writing.png"), fullPage: true });
      });

      test("the playground is accessible and fits", async ({ page }, info) => {
        await fakeWorkers(page, [{ millis: 2, steps: 40 }]);
        await page.goto("/playground");
        await hydrated(page);
        await page.getByRole("textbox", { name: "Prompt" }).fill("Say something.");
        await button(page, "Generate").click();
        await expect(page.locator(".readout__tokens")).toHaveText("40");
        await check(page);
        await page.screenshot({ path: info.outputPath("playground.png"), fullPage: true });
        await page.getByLabel("Beside it").selectOption({ index: 2 });
        await button(page, "Generate").click();
        await expect(page.locator(".readout__tokens")).toHaveText(["40", "40"]);
        await check(page);
        await page.screenshot({ path: info.outputPath("playground-two.png"), fullPage: true });
      });
    });
  }
}

async function openLive(page: Page): Promise<void> {
  await page.goto(LIVE);
  await hydrated(page);
}

async function chooseCpu(page: Page): Promise<void> {
  await page.getByText("Options", { exact: true }).click();
  await page.getByLabel("Run on").selectOption("cpu");
}

// The ballot is open. Two small contestants may well write the same; then it is another try.
async function voting(page: Page, timeout: number): Promise<void> {
  const ballot = button(page, "Tie");
  const identical = page.getByRole("alert").filter({ hasText: "very same thing" });
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await expect(ballot.or(identical).first()).toBeVisible({ timeout });
    if (await ballot.isVisible()) return;
    await button(page, "Generate another").click();
  }
  await expect(ballot).toBeVisible();
}

// The addresses of all that was handed in.
function handedIn(page: Page): string[] {
  const posted: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/api/live/finish")) posted.push(request.url());
  });
  return posted;
}

// The first worker gets the first script, and so on; the last one serves for all after it.
async function fakeWorkers(page: Page, workers: (string | { millis: number; steps: number })[]): Promise<void> {
  let next = 0;
  await page.context().route("**/runner.json", (route) =>
    route.fulfill({ json: { worker: "/pkg/runner-worker-fake.js", protocol, wasm_bytes: 1 } }),
  );
  await page.context().route("**/pkg/runner-worker-fake.js", (route) => {
    const worker = workers[Math.min(next, workers.length - 1)];
    next += 1;
    const body = typeof worker === "string"
      ? worker
      : fake.replace("@millis@", String(worker.millis)).replace("@steps@", String(worker.steps));
    return route.fulfill({ contentType: "text/javascript", headers: { "cache-control": "no-store" }, body });
  });
}

async function check(page: Page): Promise<void> {
  const result = await new AxeBuilder({ page }).analyze();
  expect(result.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, "nothing is wider than the screen").toBeLessThanOrEqual(0);
}
