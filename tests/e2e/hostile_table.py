"""The rows of hostile_table.md: what the driver shall make of each hostile behaviour, and within what
time and memory."""

import dataclasses
import pathlib

FILE = pathlib.Path(__file__).with_name("hostile_table.md")


@dataclasses.dataclass(frozen=True)
class Row:
    level: str  # handshake, frame, deflate, close or tls
    behaviour: str  # of tests/servers/hostile.py: its request target; of hostile_tls.py: its mode
    good: str  # "verdict class cause", "-" for none
    bad: str
    code: int
    seconds: float
    mebibytes: int
    says: str  # stands in the console's text

    @property
    def name(self):
        return self.behaviour.strip("/").partition("?")[0]


def rows():
    for line in FILE.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] != "level" and set(line) - set("|-: "):
            yield Row(*cells[:4], int(cells[4]), float(cells[5]), int(cells[6]), cells[7])


TABLE = list(rows())
