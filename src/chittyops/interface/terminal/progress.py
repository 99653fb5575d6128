"""How far something is: a live bar on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

from chittyops.interface.terminal.text import clean

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress:
    """A context manager: ``advance`` after each finished part, ``say`` for what is being done now."""

    def __init__(
        self,
        stream: TextIO,
        label: str,
        total: int | None = None,
        *,
        animated: bool,
        quiet: bool,
        delayed: bool = False,
    ) -> None:
        """Show ``label`` on ``stream``; without ``total`` the end is not known.

        A ``delayed`` one appears when ``reach`` is first called: what may be short does not flicker.
        """
        self._delayed = delayed
        self._stream = stream
        self._animated = animated and not quiet
        self._quiet = quiet
        self._label = label
        self._total = total
        self._done = 0
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to draw."""
        if self._delayed:
            return self
        if self._animated:
            self._draw()
        else:
            self._plain(self._label)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take the bar away; plain lines stay."""
        if self._bar:
            self._bar.stop()

    def advance(self, text: str = "") -> None:
        """Count one part as done; ``text`` names it."""
        self._done += 1
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=self._done, now=clean(text))
        else:
            self._plain(f"  {self._done}/{self._total}  {clean(text)}" if self._total else f"  {clean(text)}")

    def reach(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` parts are finished; plain output stays silent: the parts are many."""
        self._total = total
        if self._animated and self._bar is None:
            self._draw()
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)

    def say(self, text: str) -> None:
        """Tell what is being done now."""
        if self._bar and self._task is not None:
            self._bar.update(self._task, now=clean(text))
        else:
            self._plain(f"  {clean(text)}")

    def _plain(self, text: str) -> None:
        if not self._quiet:
            self._stream.write(text + "\n")
            self._stream.flush()

    def _draw(self) -> None:
        # rich costs 60 ms to import: only who sees it pays.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
        from rich.progress import Progress as Bar  # noqa: PLC0415

        counted = (BarColumn(bar_width=24), MofNCompleteColumn()) if self._total else ()
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            *counted,
            TextColumn("{task.fields[now]}", style="dim", markup=False),
            TimeElapsedColumn(),
            console=Console(file=self._stream),
            transient=True,
        )
        self._task = self._bar.add_task(self._label, total=self._total, now="")
        self._bar.start()
