import { button, expect, openBattle, test } from "./site";

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
