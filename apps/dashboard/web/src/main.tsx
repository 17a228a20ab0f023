/** The beginning: language, who is signed in, the first screen. */

import { render } from "preact";

import { App, isOurs } from "./app";
import { firstLanguage, useLanguage } from "./lib/i18n";
import { listen } from "./lib/router";
import { resume } from "./lib/session";
import "./lib/bank";
import "./lib/live";
import "./lib/theme";

listen(isOurs);
void resume();
void useLanguage(firstLanguage()).then(() => render(<App />, document.getElementById("app")!));
