import { defineConfig } from "@playwright/test";

// Chromium comes from the system's packages; nothing is downloaded here.
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: ".",
  outputDir: "test-results",
  // One server and two cores: tests run one after the other, and none is tried twice.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: process.env.PLAUDIT_E2E_JSON
    ? [["line"], ["json", { outputFile: process.env.PLAUDIT_E2E_JSON }]]
    : [["list"]],
  use: {
    // Without one, a click on what is not there waits as long as its test may take.
    actionTimeout: 30_000,
    browserName: "chromium",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // WebGPU on the processor, for machines without a GPU. A page that leaves the choice to the device does not use it.
        "--enable-unsafe-webgpu",
        "--use-webgpu-adapter=swiftshader",
      ],
    },
    trace: "retain-on-failure",
  },
});
