"""The picture of a running release: one line for each service, within the height of the terminal. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chittyops.app.board import Board, Line
from chittyops.capabilities.deploy.model import ReleaseStatus, ServiceStatus
from chittyops.interface.terminal.text import clean, columns, fit, pad, paint

if TYPE_CHECKING:
    from chittyops.interface.terminal import Terminal
    from chittyops.kernel.clock import Clock

BAR_COLUMNS = 28
FRAME_LINES = 4
"""Lines of the picture that are no service: title, bar, what is left out, and the cursor's own."""
LOG_TAIL = 5
MINUTE_SECONDS, HOUR_SECONDS = 60, 3600
FRAMES_PER_SECOND = 8
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPINNER_ASCII = "|/-\\"

GLYPHS = {
    ServiceStatus.WAITING: ("·", ".", "dim"),
    ServiceStatus.SUCCEEDED: ("✓", "+", "green"),
    ServiceStatus.FAILED: ("✗", "x", "bold red"),
    ServiceStatus.BLOCKED: ("⊘", "-", "yellow"),
    ServiceStatus.REVERTED: ("↩", "<", "yellow"),
    ServiceStatus.CANCELLED: ("■", "#", "yellow"),
}
IMPORTANCE = (
    ServiceStatus.FAILED,
    ServiceStatus.RUNNING,
    ServiceStatus.REVERTED,
    ServiceStatus.CANCELLED,
    ServiceStatus.BLOCKED,
    ServiceStatus.WAITING,
    ServiceStatus.SUCCEEDED,
)
"""What is shown first where there is not room for everything."""


def seconds_text(seconds: float) -> str:
    """Return a duration as people write it: ``0.8s``, ``12s``, ``3m05s``, ``2h10m``."""
    if seconds < 10:  # noqa: PLR2004 - below it a tenth tells something
        return f"{seconds:.1f}s"
    if seconds < MINUTE_SECONDS:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(int(seconds), MINUTE_SECONDS)
    if seconds < HOUR_SECONDS:
        return f"{minutes}m{rest:02}s"
    hours, minutes = divmod(minutes, MINUTE_SECONDS)
    return f"{hours}h{minutes:02}m"


class BoardView:
    """Draws a board as often as it is asked to."""

    def __init__(self, board: Board, clock: Clock, terminal: Terminal) -> None:
        """Draw ``board`` in what the terminal can show."""
        self._board = board
        self._clock = clock
        self._colour = terminal.error_colour
        self._ascii = not terminal.unicode

    def render(self, width: int, height: int) -> str:
        """Return the picture for a terminal of ``width`` columns and ``height`` lines."""
        lines = self._lines(max(1, height - FRAME_LINES))
        left_out = len(self._board.lines) - len(lines)
        names = max((columns(line.name) for line in lines), default=0)
        drawn = [self._title(width), *(self._service(line, names, width) for line in lines)]
        if left_out:
            drawn.append(self._paint(f"   and {left_out} more", "dim"))
        room = height - len(drawn) - 1
        return "\n".join([*drawn, *self._logs(room, width)])

    def _lines(self, room: int) -> list[Line]:
        lines = list(self._board.lines.values())
        if len(lines) <= room:
            return lines
        chosen = {line.name for line in sorted(lines, key=lambda line: IMPORTANCE.index(line.status))[:room]}
        return [line for line in lines if line.name in chosen]

    def _title(self, width: int) -> str:
        board, release = self._board, self._board.release
        began = release.started_at or release.created_at
        elapsed = seconds_text(max(0.0, (self._clock.now() - began).total_seconds()))
        total = len(board.lines)
        state = "reconnecting" if board.gap else board.status.value.replace("_", " ")
        head, tail = f"{release.id}  {release.environment}  ", f"  {board.done}/{total}  {elapsed}  {state}"
        room = min(BAR_COLUMNS, max(0, width - columns(head) - columns(tail)))
        filled = room * board.done // max(1, total)
        full, empty = ("#", ".") if self._ascii else ("━", "─")
        style = "red" if self._failing() else "green"
        bar = self._paint(full * filled, style) + self._paint(empty * (room - filled), "dim")
        return self._paint(head, "bold") + bar + self._paint(tail, "yellow" if board.gap else "")

    def _failing(self) -> bool:
        board = self._board
        return board.status is ReleaseStatus.REVERTING or any(True for _ in board.with_status(ServiceStatus.FAILED))

    def _service(self, line: Line, names: int, width: int) -> str:
        glyph, style = self._glyph(line)
        took = line.seconds(self._clock.now())
        duration = pad(seconds_text(took) if took is not None else "", 6, right=True)
        head = f" {glyph} {pad(line.name, names)}  {duration}  "
        rest = fit(clean(self._detail(line)), max(0, width - columns(head) - 1))
        return f" {self._paint(glyph, style)} {pad(line.name, names)}  {self._paint(duration, 'dim')}  " + self._paint(
            rest, "red" if line.error else "dim" if line.status is ServiceStatus.WAITING else ""
        )

    def _detail(self, line: Line) -> str:
        if line.status is ServiceStatus.WAITING:
            waits = self._board.waits_for(line)
            return f"waits for {', '.join(waits)}" if waits else "starts next" if self._free() else "waits for a slot"
        if line.status is ServiceStatus.RUNNING:
            return "  ".join([line.phase or "starting", *list(line.log)[-1:]])
        return f"{line.status.value}{f': {line.error}' if line.error else ''}"

    def _free(self) -> bool:
        running = sum(1 for _ in self._board.with_status(ServiceStatus.RUNNING))
        return running < self._board.release.max_parallel

    def _glyph(self, line: Line) -> tuple[str, str]:
        if line.status not in GLYPHS:
            frames = SPINNER_ASCII if self._ascii else SPINNER
            return frames[int(self._clock.monotonic_seconds() * FRAMES_PER_SECOND) % len(frames)], "cyan"
        glyph, plain, style = GLYPHS[line.status]
        return (plain if self._ascii else glyph), style

    def _logs(self, room: int, width: int) -> list[str]:
        """Return the ends of the logs of the services that failed, as far as there is room."""
        drawn = [
            self._paint(fit(f"   {line.name} | {clean(text)}", max(1, width - 1)), "dim")
            for line in self._board.with_status(ServiceStatus.FAILED)
            for text in list(line.log)[-LOG_TAIL:]
        ]
        return drawn[: max(0, room)]

    def _paint(self, text: str, style: str) -> str:
        return paint(text, style, colour=self._colour)
