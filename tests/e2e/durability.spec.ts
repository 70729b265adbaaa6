// A thousand voters over HTTP, then the power plug.

import { expect, Server, test } from "./site";

test("1,000 votes over HTTP are all on the board and in the file after kill -9", async () => {
  test.setTimeout(180_000);
  const first = await Server.start();
  const acknowledged: string[] = [];
  const outcomes = ["left", "right", "tie", "both_bad"];
  const vote = async (number: number) => {
    const page = await fetch(`${first.address}/arena/text`, { headers: { accept: "text/html" } });
    const cookie = page.headers.get("set-cookie")!.split(";")[0];
    const ticket = (await page.text()).match(/name="ticket"[^>]*value="([^"]+)"/)![1];
    const answer = await fetch(`${first.address}/api/vote`, {
      method: "POST",
      headers: { cookie, accept: "application/json", origin: first.address },
      body: new URLSearchParams({ ticket, outcome: outcomes[number % 4] }),
    });
    expect(answer.status).toBe(200);
    acknowledged.push(((await answer.json()) as { battle: string }).battle);
  };
  const numbers = Array.from({ length: 1000 }, (_, number) => number);
  const lane = async () => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) await vote(number);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  expect((await first.board()).votes).toBe(1000);
  const before = await first.board();
  await first.kill("SIGKILL");
  const second = await Server.start(first.data);
  const after = await second.board();
  expect(after.votes).toBe(1000);
  expect(after.rows).toEqual(before.rows);
  expect(new Set(acknowledged).size).toBe(1000);
  for (const battle of acknowledged.filter((_, index) => index % 20 === 0)) {
    expect((await fetch(`${second.address}/arena/text/battle/${battle}`)).status).toBe(200);
  }
  await second.stop();
});
