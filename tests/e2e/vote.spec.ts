import { answers, button, expect, hydrated, openBattle, test } from "./site";

test("a vote by mouse reveals both names and what it did", async ({ page, server }) => {
  const before = (await server.board()).votes;
  await openBattle(page);
  await expect(page.locator(".reveal__name")).toHaveCount(0);
  await button(page, "A is better").click();
  await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
  await expect(page.locator(".reveal__name")).toHaveCount(2);
  await expect(page.getByRole("heading", { name: "You preferred A" })).toBeFocused();
  expect((await server.board()).votes).toBe(before + 1);
  const address = page.url();
  const ticket = await page.locator("input[name=ticket]").inputValue();
  await page.getByRole("link", { name: "Next battle" }).click();
  await hydrated(page);
  expect(page.url()).toBe(address);
  expect(await page.locator("input[name=ticket]").inputValue()).not.toBe(ticket);
});

for (const [key, heading] of [
  ["1", "You preferred A"],
  ["ArrowRight", "You preferred B"],
  ["t", "You called it a tie"],
  ["4", "You found both bad"],
] as const) {
  test(`the key ${key} votes: ${heading}`, async ({ page, server }) => {
    const before = (await server.board()).votes;
    await openBattle(page);
    await page.keyboard.press(key);
    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
    expect((await server.board()).votes).toBe(before + 1);
    await page.keyboard.press("n");
    await hydrated(page);
    await expect(button(page, "Tie")).toBeVisible();
  });
}

test("keys with a modifier, and scrolling keys, cast no vote", async ({ page, server }) => {
  const before = (await server.board()).votes;
  await openBattle(page);
  for (const key of ["Control+ArrowLeft", "Alt+1", "ArrowDown", "ArrowUp", "Space", "Tab"]) {
    await page.keyboard.press(key);
  }
  await expect(button(page, "Tie")).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
  expect((await server.board()).votes).toBe(before);
});

test("Enter on the box about publication casts no vote, and keys vote on after it was ticked", async ({ page, server }) => {
  const before = (await server.board()).votes;
  await openBattle(page);
  const box = page.getByLabel("My vote may be published");
  await expect(box).toBeChecked();
  await box.press("Space");
  await expect(box).not.toBeChecked();
  await box.press("Enter");
  await expect(button(page, "Tie")).toBeVisible();
  expect((await server.board()).votes).toBe(before);
  await box.press("Space");
  await box.press("ArrowLeft");
  await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
  expect((await server.board()).votes).toBe(before + 1);
});

test("skip leads to another battle and casts no vote", async ({ page, server }) => {
  const before = (await server.board()).votes;
  await openBattle(page);
  const ticket = await page.locator("input[name=ticket]").inputValue();
  await page.keyboard.press("s");
  await expect(page.locator("input[name=ticket]")).not.toHaveValue(ticket);
  expect((await server.board()).votes).toBe(before);
});

test("undo takes the vote back and a second browser's board follows", async ({ page, server }) => {
  const before = (await server.board()).votes;
  await openBattle(page);
  await button(page, "Tie").click();
  await expect.poll(async () => (await server.board()).votes).toBe(before + 1);
  await button(page, "Undo").click();
  await expect(page.getByRole("heading", { name: "Vote taken back" })).toBeVisible();
  await expect(button(page, "Undo")).toBeHidden();
  expect((await server.board()).votes).toBe(before);
});

test("the undo button goes away after ten seconds", async ({ page }) => {
  await page.clock.install();
  await openBattle(page);
  await button(page, "Tie").click();
  await expect(button(page, "Undo")).toBeVisible();
  await page.clock.runFor(11_000);
  await expect(button(page, "Undo")).toBeHidden();
});

test("clicking twice, and on two answers, is one vote", async ({ page, server }) => {
  const before = (await server.board()).votes;
  await openBattle(page);
  await page.evaluate(() => {
    const buttons = document.querySelectorAll<HTMLButtonElement>("button[name=outcome]");
    buttons[0].click();
    buttons[0].click();
    buttons[1].click();
  });
  await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
  expect((await server.board()).votes).toBe(before + 1);
});

test("two tabs answering one battle at once store exactly one vote", async ({ page, server, faults }) => {
  faults.allow.push(/status of 409/);
  const before = (await server.board()).votes;
  await openBattle(page);
  const ticket = await page.locator("input[name=ticket]").inputValue();
  const statuses = await page.evaluate(async (ticket) => {
    const send = (outcome: string) =>
      fetch("/api/vote", { method: "POST", body: new URLSearchParams({ ticket, outcome }), headers: { accept: "application/json" } });
    const answers = await Promise.all(["left", "right", "left", "tie", "right", "both_bad"].map(send));
    return answers.map((answer) => answer.status);
  }, ticket);
  expect(new Set(statuses)).toEqual(new Set([200, 409]));
  expect((await server.board()).votes).toBe(before + 1);
});

test.describe("before the wasm has loaded", () => {
  test("the form works and leads to the receipt", async ({ page, server, faults }) => {
    faults.allow.push(/Failed to load resource|Failed to fetch|net::ERR/);
    const before = (await server.board()).votes;
    await page.route("**/pkg/*.wasm", (route) => route.abort());
    await page.goto("/arena/text");
    await button(page, "B is better").click();
    await expect(page).toHaveURL(/\/arena\/text\/battle\/[0-9a-f]{32}$/);
    await expect(page.getByRole("heading", { name: "You preferred B" })).toBeVisible();
    expect((await server.board()).votes).toBe(before + 1);
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  for (const answer of answers) {
    test(`${answer} is counted, and can be undone`, async ({ page, server }) => {
      const before = (await server.board()).votes;
      await page.goto("/arena/text");
      await button(page, answer).click();
      await expect(page).toHaveURL(/\/battle\//);
      expect((await server.board()).votes).toBe(before + 1);
      await button(page, "Undo within").click();
      await expect(page.getByRole("heading", { name: "You took your vote back" })).toBeVisible();
      expect((await server.board()).votes).toBe(before);
      await page.getByRole("link", { name: "Next battle" }).first().click();
      await expect(button(page, "Tie")).toBeVisible();
    });
  }

  test("skip leads to another battle", async ({ page }) => {
    await page.goto("/arena/text");
    const ticket = await page.locator("input[name=ticket]").inputValue();
    await button(page, "Skip").click();
    await expect(page).toHaveURL(/\/arena\/text$/);
    expect(await page.locator("input[name=ticket]").inputValue()).not.toBe(ticket);
  });

  test("going back and answering otherwise is refused in words", async ({ page, server }) => {
    await page.goto("/arena/text");
    const ticket = await page.locator("input[name=ticket]").inputValue();
    await button(page, "Tie").click();
    const votes = (await server.board()).votes;
    const answer = await page.request.post("/api/vote", {
      form: { ticket, outcome: "left" },
      headers: { accept: "text/html", origin: server.address },
    });
    expect(answer.status()).toBe(409);
    expect(await answer.text()).toContain("Your first answer stands");
    expect((await server.board()).votes).toBe(votes);
  });
});
