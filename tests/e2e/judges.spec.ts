import { button, expect, hydrated, openBattle, test } from "./site";

test("a voter learns afterwards, and not before, with how many judges they agreed", async ({ page }) => {
  await openBattle(page);
  await expect(page.getByText("What the judges say")).toHaveCount(0);
  await button(page, "B is better").click();
  await expect(page.getByRole("heading", { name: "You preferred B" })).toBeVisible();
  await page.getByRole("link", { name: /battle’s page/ }).click();
  await expect(page).toHaveURL(/\/battle\//);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("heading", { name: "What the judges say" })).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(page.getByText(/You agreed with \d of \d judges?\./)).toBeVisible();
  const always = page.getByRole("row", { name: /Always A/ });
  await expect(always).toContainText("contradicts itself");
});

test("a visitor has a battle judged on this device after the vote, as the server judges it, and nothing of it is sent", async ({ page }) => {
  test.setTimeout(240_000);
  await openBattle(page);
  await button(page, "A is better").click();
  await expect(page.getByRole("heading", { name: "You preferred A" })).toBeVisible();
  await page.getByRole("link", { name: /battle’s page/ }).click();
  // The judges without a model follow the vote within seconds; what they said is in the page that is loaded then.
  await expect(async () => {
    await page.reload();
    for (const name of ["Longer text", "More markdown"]) {
      await expect(page.getByRole("link", { name })).toBeVisible({ timeout: 500 });
    }
  }).toPass();
  // Nobody downloads what runs models before asking for it.
  await expect(page.locator("link[data-islands]")).toHaveCount(0);
  await page.getByRole("link", { name: "Judge it on this device" }).click();
  await hydrated(page);
  const posted: string[] = [];
  page.on("request", (request) => request.method() !== "GET" && posted.push(request.url()));
  const here = page.getByRole("region", { name: "Judge it on this device" });
  await expect(here).toContainText("Their verdicts stay on this page");
  await expect(here.getByRole("table")).toBeHidden();
  await here.getByText("Options", { exact: true }).click();
  await here.getByLabel("Run on").selectOption("cpu");
  await button(here, "Judge it here").click();
  const rows = here.getByRole("row");
  const cells = (name: string) => rows.filter({ hasText: name }).getByRole("cell");
  await expect(rows.filter({ hasText: "A or B (tiny)" })).toBeVisible({ timeout: 200_000 });
  await expect(button(here, "Judge it here")).toBeEnabled();
  for (const name of ["Longer text", "More markdown"]) await expect(cells(name).first()).toContainText("as on the server");
  // Whether an answer fits into the smallest model's context hangs on the battle that was drawn; it says so where not.
  await expect(cells("P(True) (tiny)").first()).toContainText(/\d+\s% for A|too long for this model/);
  await expect(here).toContainText(/You agreed with \d of \d judges?\./);
  await expect(here).toContainText("Read on: CPU");
  expect(posted).toEqual([]);
});
