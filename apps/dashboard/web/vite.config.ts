import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

// Where `make up` serves the API while this server serves the pages.
const bank = process.env.VORTEX_BANK ?? "http://localhost:8000";

export default defineConfig(({ command }) => ({
  base: command === "build" ? "/static/" : "/",
  plugins: [preact()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2023",
    cssCodeSplit: false,
    // A polyfill and inlined assets would need more than `default-src 'self'` allows.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    manifest: "manifest.json",
  },
  server: {
    port: Number(process.env.VITE_PORT ?? 5173),
    strictPort: true,
    proxy: {
      "/api": bank,
      "/admin": bank,
      "/dev": bank,
      "/ws": { target: bank, ws: true },
    },
  },
}));
