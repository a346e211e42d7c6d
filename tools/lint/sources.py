"""What the lint looks at: the files git knows or would add, and C++ text without comments and literals."""
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CPP = (".cpp", ".h", ".c", ".hpp", ".cc")


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, what, what to do. A warning is shown and does not fail the lint."""

    path: str
    line: int
    message: str
    warning: bool = False

    def __str__(self):
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.message}"


@dataclass
class Tree:
    """The files under `root` that belong to the repository, as relative names, and their texts, read once."""

    root: Path
    names: list

    def __post_init__(self):
        self.texts = {}

    def text(self, name):
        """The file's text; "" where it is not UTF-8 text."""
        if name not in self.texts:
            try:
                self.texts[name] = (self.root / name).read_text(encoding="utf-8")
            except (UnicodeDecodeError, OSError):
                self.texts[name] = ""
        return self.texts[name]

    def cpp(self):
        """Names of the C and C++ files."""
        return [name for name in self.names if name.endswith(CPP)]


def repository(root=ROOT):
    """The tree of a checkout: tracked files and those that git would add."""
    listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, check=True,
                             capture_output=True).stdout.decode()
    return Tree(root, sorted(name for name in set(listing.split("\0")) if name and (root / name).is_file()))


LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f_])\'(?:\\.|[^\'\\\n])+\'', re.S)


def blank(text):
    """C++ text with comments gone and literals emptied; offsets of lines stay."""

    def gap(match):
        word = match.group(0)
        lines = "\n" * word.count("\n")
        return lines if word.startswith("/") else f'""{lines}' if word[0] in '"R' else "' '"

    return LITERALS.sub(gap, text)


def line_of(text, offset):
    """1-based line of an offset."""
    return text.count("\n", 0, offset) + 1
