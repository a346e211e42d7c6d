"""Words that must not be in the repository: notes to self, package-registry hosts, paths of one machine."""
import re

from sources import Finding, line_of

TEXT = (".cpp", ".h", ".c", ".py", ".sh", ".cmake", ".txt", ".json", ".md", ".tsv", ".js", ".css", ".html", ".yml", ".yaml", "")
# This file and its test spell the words out.
EXEMPT = ("tools/lint/wording.py", "tools/lint/lint_test.py")
RULES = (
    (re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b"), "a note to self; do it, or write it down in docs/decisions"),
    (re.compile(r"\b(?:files\.pythonhosted\.org|pypi\.org|(?:deb|security|ftp)\.debian\.org|archive\.ubuntu\.com|registry\.npmjs\.org|"
                r"proxy\.golang\.org|static\.crates\.io|conda\.anaconda\.org)\b"),
     "the host of a package registry; the ordinary client knows where it is"),
    (re.compile(r"(?<![\w.$}~/])/(?:work|root|opt/(?!homebrew\b|intel\b|rocm\b|nvidia\b))(?:/|\b)"),
     "an absolute path of one machine"),
    (re.compile(r"/tmp/(?:deps|ll|brief|hcold)\b"), "an absolute path of one machine"),
)


def wording(tree):
    """Forbidden words in text files."""
    findings = []
    for name in tree.names:
        if name in EXEMPT or "." + name.rpartition(".")[2] not in TEXT and "." in name:
            continue
        text = tree.text(name)
        for pattern, why in RULES:
            findings += [Finding(name, line_of(text, match.start()), f"'{match.group(0)}' is {why}") for match in pattern.finditer(text)]
    return findings
