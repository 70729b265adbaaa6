// A server of our own for these tests, and what they do again and again.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { test as base, expect, type BrowserContext, type Locator, type Page } from "@playwright/test";

const root = resolve(import.meta.dirname, "../..");
export const program = resolve(root, process.env.PLAUDIT_BIN ?? "target/release/plaudit");
export const files = resolve(root, process.env.PLAUDIT_SITE ?? "target/site");

export type Board = {
  version: number;
  votes: number;
  rows: { slug: string; name: string; rank: number | null; rating: number | null; battles: number }[];
};

export class Server {
  private constructor(
    readonly data: string,
    private process: ChildProcess,
    readonly address: string,
  ) {}

  // `listen` is given when a server comes back at the address of an earlier one.
  static async start(data = mkdtempSync(join(tmpdir(), "plaudit-e2e-")), listen = "127.0.0.1:0"): Promise<Server> {
    const process = spawn(program, ["serve", "--data", data, "--site", files, "--listen", listen], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: process.stdout! });
    const address = await new Promise<string>((done, failed) => {
      lines.on("line", (line) => {
        const found = line.match(/http:\/\/\S+/);
        if (found) done(found[0]);
      });
      process.on("exit", (code) => failed(new Error(`plaudit serve ended with ${code}`)));
      process.on("error", failed);
    });
    return new Server(data, process, address);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((done) => this.process.on("exit", done));
    this.process.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    rmSync(this.data, { recursive: true, force: true });
  }

  async board(query = "", arena = "text"): Promise<Board> {
    const answer = await fetch(`${this.address}/api/arena/${arena}/board${query}`);
    expect(answer.status).toBe(200);
    return answer.json();
  }
}

// Console errors, uncaught exceptions and policy violations of every page of a test.
export type Faults = { seen: string[]; allow: RegExp[] };

async function watch(context: BrowserContext, faults: Faults): Promise<void> {
  await context.exposeFunction("reportViolation", (text: string) => faults.seen.push(`policy: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      // @ts-expect-error exposed above
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  const listen = (page: Page) => {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        faults.seen.push(`${message.type()}: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => faults.seen.push(`exception: ${error}`));
  };
  context.pages().forEach(listen);
  context.on("page", listen);
}

export const test = base.extend<{ faults: Faults }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.address),
  // Automatic: a page that complains fails its test, whatever else the test looks at.
  faults: [
    async ({ context, javaScriptEnabled }, use) => {
      const faults: Faults = { seen: [], allow: [] };
      if (javaScriptEnabled !== false) await watch(context, faults);
      await use(faults);
      const unexpected = faults.seen.filter((fault) => !faults.allow.some((pattern) => pattern.test(fault)));
      expect(unexpected, "console errors, exceptions and policy violations").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

// Waits until the islands of the page are alive.
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
}

export async function openBattle(page: Page): Promise<void> {
  await page.goto("/arena/text");
  await hydrated(page);
}

export const answers = ["A is better", "B is better", "Tie", "Both are bad"] as const;

export function button(page: Page | Locator, name: string) {
  return page.getByRole("button", { name: new RegExp(`^${name}`) });
}
