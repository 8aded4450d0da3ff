// Writes the portal's style sheet, script, fonts and mark to ../static/build/. Run by `npm run build`.
// The portal serves that folder under an address that holds a hash of its content, so that names may stay plain.

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = join(here, "node_modules");
const output = join(here, "..", "static", "build");

rmSync(output, { recursive: true, force: true });
mkdirSync(join(output, "fonts"), { recursive: true });

const sheet = compile(join(here, "copse.scss"), { loadPaths: [modules], style: "compressed", quietDeps: true });
writeFileSync(join(output, "copse.css"), sheet.css);

copyFileSync(
  join(modules, "govuk-frontend", "dist", "govuk", "govuk-frontend.min.js"),
  join(output, "govuk-frontend.min.js"),
);
for (const letters of ["latin", "latin-ext"]) {
  for (const weight of [400, 700]) {
    const font = `atkinson-hyperlegible-${letters}-${weight}-normal.woff2`;
    copyFileSync(join(modules, "@fontsource", "atkinson-hyperlegible", "files", font), join(output, "fonts", font));
  }
}
copyFileSync(join(here, "images", "mark.svg"), join(output, "mark.svg"));
