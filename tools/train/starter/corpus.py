"""Gathers the plain text: unpacks Debian packages with apt-get and dpkg-deb and reads the texts out of them.

The packages are named in PACKAGES with the version and checksum that the released model was trained on.
"""

import hashlib
import re
import struct
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A distribution package whose text is used, and on what terms."""
    name: str
    version: str
    sha256: str
    content: str
    licence: str


PACKAGES = [
    Package("r-cran-janeaustenr", "1.0.0-1", "df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95",
            "six novels of Jane Austen (1775-1817), plain text", "text in the public domain; packaging of the data MIT"),
    Package("wordnet-base", "1:3.0-37", "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
            "glosses and example sentences of nouns, verbs and adjectives", "WordNet 3.0 licence (permissive, notice kept in the card)"),
]
AUSTEN_DATA = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
WORDNET_FOLDER = "usr/share/wordnet"
# Glosses that WordNet itself marks as insulting, and themes a starter model has no need of.
UNWANTED = re.compile(r"offensive|obscene|disparag|derogat|slur|vulgar|slang|ethnic|sexual|\bsex\b|nazi|rape|genital|prostitut|"
                      r"\bkill|murder|suicide|drug|disease|\bwar\b|weapon|excrement|urin|vagina|penis|slave|negro|\bracial", re.I)


def fetch(folder: Path) -> list:
    """Downloads and unpacks every package into `folder`; returns rows of what was really used.

    A version other than the recorded one is used and reported, since a distribution keeps only its newest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for package in PACKAGES:
        if not list(folder.glob(f"{package.name}_*.deb")):
            subprocess.run(["apt-get", "download", "-q", package.name], cwd=folder, check=True)
        deb = sorted(folder.glob(f"{package.name}_*.deb"))[-1]
        version = subprocess.run(["dpkg-deb", "-f", str(deb), "Version"], check=True, capture_output=True, text=True).stdout.strip()
        digest = hashlib.sha256(deb.read_bytes()).hexdigest()
        if digest != package.sha256:
            print(f"note: {deb.name} (version {version}) is not the recorded {package.version}; the result will differ a little")
        subprocess.run(["dpkg-deb", "-x", str(deb), str(folder / "root")], check=True)
        rows.append({"package": package.name, "version": version, "sha256": digest,
                     "content": package.content, "licence": package.licence})
    return rows


def read_r_strings(blob: bytes) -> list:
    """The strings of one character vector in R's XDR serialization, version 3.

    Source: R Internals, section 1.8 "Serialization Formats". Only what this data needs: a plain STRSXP of CHARSXPs.
    """
    if blob[:2] != b"X\n" or struct.unpack(">i", blob[2:6])[0] != 3:
        raise ValueError("R data: expected XDR serialization version 3")
    at = 14 + 4 + struct.unpack(">i", blob[14:18])[0]
    flags, count = struct.unpack(">ii", blob[at:at + 8])
    if flags & 0xFF != 16:
        raise ValueError(f"R data: expected a character vector, found type {flags & 0xFF}")
    at += 8
    strings = []
    for _ in range(count):
        size = struct.unpack(">i", blob[at + 4:at + 8])[0]
        at += 8
        strings.append(blob[at:at + max(size, 0)].decode("utf-8"))
        at += max(size, 0)
    return strings


def austen_paragraphs(root: Path) -> list:
    """The novels as paragraphs of one line each, in their order."""
    data = (root / AUSTEN_DATA).read_bytes()
    paragraphs, at = [], 0
    while at < len(data):
        unpack = zlib.decompressobj()
        lines = read_r_strings(unpack.decompress(data[at + 4:]))  # the first four bytes tell the unpacked size
        at = len(data) - len(unpack.unused_data)
        for block in "\n".join(lines).split("\n\n"):
            text = " ".join(block.replace("_", "").replace("--", " - ").split())
            if len(text) > 60:
                paragraphs.append(text)
    return paragraphs


def wordnet_entries(root: Path) -> list:
    """(word, part of speech, definition, example sentences) of every clean entry whose word is a single plain one."""
    entries = []
    for part in ("noun", "verb", "adj"):
        for line in (root / WORDNET_FOLDER / f"data.{part}").read_text("utf-8").splitlines():
            if line.startswith(" ") or UNWANTED.search(line):
                continue
            head, gloss = line.split(" | ", 1)
            word = head.split()[4]
            if not re.fullmatch(r"[a-z]{3,12}", word):
                continue
            pieces = [piece.strip() for piece in re.split(r";\s*(?=\")", gloss)]
            examples = [piece.strip('"; ') for piece in pieces[1:]]
            entries.append((word, part, pieces[0].strip(), [e for e in examples if 12 < len(e) < 120]))
    return entries


def wordnet_text(entry: tuple) -> str:
    """One entry as a short plain paragraph."""
    word, part, definition, examples = entry
    verb = "To " + word if part == "verb" else word.capitalize()
    sentences = [f"{verb}: {definition}."] + [e[0].upper() + e[1:].rstrip(".") + "." for e in examples]
    return " ".join(sentences)
