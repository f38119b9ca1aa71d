"""`make reference`: write docs/reference/ anew, where the code says something else by now."""

from tools.reference.pages import FOLDER, PAGES

for name, made in PAGES.items():
    (FOLDER / name).write_text(made(), encoding="utf-8")
