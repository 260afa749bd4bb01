"""Progress: a status line on a terminal, lines in a log."""

from __future__ import annotations

from io import StringIO

from capacity_guard.commands.progress import Progress


class Terminal(StringIO):
    """Shows what was flushed, as a terminal does of text without a line end."""

    shown = ""

    def flush(self) -> None:
        self.shown = self.getvalue()

    def isatty(self) -> bool:
        return True


def test_status_on_a_terminal_is_overwritten_and_removed() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    report = progress.of("orders")
    report("DescribeTable")
    report("GetMetricData")
    progress.line("[1/2] orders: recorded")
    progress.end()
    erase = "\r\x1b[K"
    assert terminal.shown == (
        f"{erase}orders: DescribeTable (call 1){erase}orders: GetMetricData (call 2)"
        f"{erase}[1/2] orders: recorded\n{erase}"
    )


def test_log_has_only_lines_that_stay() -> None:
    log = StringIO()
    progress = Progress(log)
    report = progress.of("orders")
    report("continues with what was read since 06:00:00 UTC")
    report("DescribeTable")
    progress.line("[1/2] orders: recorded")
    progress.end()
    assert log.getvalue() == (
        "orders: continues with what was read since 06:00:00 UTC\n[1/2] orders: recorded\n"
    )


def test_calls_of_each_table_are_counted_alone() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    progress.of("orders")("DescribeTable")
    progress.of("customers")("DescribeTable")
    assert "customers: DescribeTable (call 1)" in terminal.shown


def test_count_is_overwritten_on_a_terminal_and_a_line_for_each_tenth_in_a_log() -> None:
    terminal, log, few = Terminal(), StringIO(), StringIO()
    report = Progress(terminal).counted("planned", "tables")
    report(0, 2)
    report(1, 2)
    assert terminal.shown == "\r\x1b[Kplanned 0 of 2 tables\r\x1b[Kplanned 1 of 2 tables"
    report = Progress(log).counted("planned", "tables")
    for number in range(1_001):
        report(number, 1_000)
    lines = log.getvalue().splitlines()
    assert lines[0] == "planned 100 of 1,000 tables"
    assert lines[-1] == "planned 1,000 of 1,000 tables"
    assert len(lines) == 10
    report = Progress(few).counted("planned", "tables")
    for number in range(20):
        report(number, 19)
    assert few.getvalue() == ""
