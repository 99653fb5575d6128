"""The entry of ``chittyops`` and ``python -m chittyops``: answers ``--version`` and ``run`` before Click is loaded."""

from __future__ import annotations

import sys

from chittyops import __version__


def main() -> int:
    """Run the command line and return its exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"chittyops {__version__}\n")
        return 0
    if arguments[:1] == ["run"]:
        from chittyops.app.injection.quick import quick

        code = quick(arguments[1:])
        if code is not None:
            return code
    from chittyops.app.cli import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
