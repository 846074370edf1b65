"""What stands in a report or a model card."""


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def table_row(markdown: str, *starts: str) -> list[str]:
    """The cells of the one row that starts so."""
    rows = [cells(line) for line in markdown.splitlines() if line.startswith("|")]
    (found,) = [row for row in rows if tuple(row[: len(starts)]) == starts]
    return found


def part(markdown: str, title: str) -> str:
    return markdown.split(f"\n## {title}\n")[1].split("\n## ")[0]
