"""A browser for $BROWSER: `browse.py SERVER USER PASSWORD REPORT URL` plays the person.

The page it ends on is written to the file REPORT.
"""

import importlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))


def main():
    name, user, password, report, url = sys.argv[1:]
    page = importlib.import_module(f"support.{name}").sign_in(url, user, password)
    pathlib.Path(report).write_text(f"{page.status}\n{page.text}")


main()
