/** Every address of the dashboard. A new screen is a line here and, where it has a menu entry, in ui/places. */

import type { Route } from "./lib/router";

export const routes: readonly Route[] = [
  { path: "/", load: () => import("./screens/overview") },
  { path: "/accounts/:id", load: () => import("./screens/account") },
  { path: "/transactions", load: () => import("./screens/transactions") },
  { path: "/pending", load: () => import("./screens/pending") },
  { path: "/transfer", load: () => import("./screens/transfer") },
  { path: "/import", load: () => import("./screens/import") },
  { path: "/linked", load: () => import("./screens/linked") },
  { path: "/documents", load: () => import("./screens/documents") },
  { path: "/security", load: () => import("./screens/security") },
  { path: "/profile", load: () => import("./screens/profile") },
  { path: "/sign-in", load: () => import("./screens/sign-in"), open: true, bare: true },
  { path: "/sign-in/code", load: () => import("./screens/mail-code"), open: true, bare: true },
  { path: "/register", load: () => import("./screens/register"), open: true, bare: true },
  { path: "/verify-email", load: () => import("./screens/verify-email"), open: true, bare: true },
  { path: "/undo-email", load: () => import("./screens/undo-email"), open: true, bare: true },
  { path: "/reset-password", load: () => import("./screens/reset"), open: true, bare: true },
  { path: "/auth/external", load: () => import("./screens/external"), open: true, bare: true },
  { path: "*", load: () => import("./screens/not-found"), open: true },
];
