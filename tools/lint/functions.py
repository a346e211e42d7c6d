"""Finds function definitions in C++ text by its braces: name, first and last line, number of parameters."""
import re
from dataclasses import dataclass

from sources import blank, line_of

NOT_FUNCTIONS = {"if", "for", "while", "switch", "catch", "return", "sizeof", "decltype", "alignas", "requires", "noexcept",
                 "static_assert", "constexpr"}
TYPE_HEAD = re.compile(r"^(?:template\s*<.*>\s*)?(?:(?:typedef|export|static|inline|constexpr|const)\s+)*"
                       r"(?:class|struct|union|enum)\b(?![^()]*\)\s*$)", re.S)
NAMED_CALL = re.compile(r"((?:[A-Za-z_]\w*\s*(?:<[^<>()]*>)?\s*::\s*)*(?:~?[A-Za-z_]\w*|operator\s*(?:\(\)|\[\]|[^\s(\w]+|[\w:]+)))\s*\(")


@dataclass(frozen=True)
class Function:
    name: str
    first_line: int
    last_line: int
    parameters: int

    @property
    def lines(self):
        return self.last_line - self.first_line + 1


def without_directives(text):
    """Preprocessor lines emptied, continuation lines too, so that their braces don't count."""
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda match: "\n" * match.group(0).count("\n"), text, flags=re.M)


def matching(text, at, pair):
    """Offset behind the bracket that closes the one at `at`; the end of the text when none does."""
    depth = 0
    for offset in range(at, len(text)):
        if text[offset] == pair[0]:
            depth += 1
        elif text[offset] == pair[1]:
            depth -= 1
            if depth == 0:
                return offset + 1
    return len(text)


def parameter_count(inside):
    """Parameters between the parentheses, commas in brackets not counted."""
    inside = inside.strip()
    if inside in ("", "void"):
        return 0
    depth, count = 0, 1
    for character in inside:
        depth += (character in "([{<") - (character in ")]}>")
        count += character == "," and depth == 0
    return count


def signature(head):
    """(name, parameter count) when the text before a brace is a function's head, else None."""
    if TYPE_HEAD.match(head):
        return None
    for match in NAMED_CALL.finditer(head):
        name = re.sub(r"\s+", "", match.group(1))
        if name.split("::")[-1] in NOT_FUNCTIONS or name.startswith("operator") and "=" in head[:match.start()]:
            continue
        if re.search(r"(?<![=!<>])=(?!=)", re.sub(r"<[^<>]*>", "", head[:match.start()])):
            return None  # an initializer that calls something
        end = matching(head, match.end() - 1, "()")
        return name, parameter_count(head[match.end():end - 1])
    return None


def is_member_initializer(head):
    """Whether a brace after this text opens `member{value}` of a constructor's list and not the body."""
    return bool(re.search(r"\)[^;{}()]*(?<!:):(?!:)", head) and re.search(r"(?:(?<!:):|,)\s*[A-Za-z_][\w:<>, ]*$", head))


def functions(text):
    """Every function definition outside other functions; a lambda counts to the function around it."""
    code = without_directives(blank(text))
    found, head_start, at = [], 0, 0
    while at < len(code):
        character = code[at]
        if character in ";}":
            head_start = at + 1
        elif character == ":" and re.search(r"\b(?:public|private|protected)\s*$", code[head_start:at]):
            head_start = at + 1
        elif character == "(":
            at = matching(code, at, "()")
            continue
        elif character == "{":
            head = code[head_start:at].strip()
            if is_member_initializer(head):
                at = matching(code, at, "{}")
                continue
            named = signature(head)
            if named:
                end = matching(code, at, "{}")
                first = head_start + len(code[head_start:at]) - len(code[head_start:at].lstrip())
                found.append(Function(named[0], line_of(code, first), line_of(code, end - 1), named[1]))
                at, head_start = end, end
                continue
            if re.search(r"=\s*$|[\w>]\s*$", head) and "namespace" not in head and not TYPE_HEAD.match(head) and head != "":
                if not head.endswith(("extern \"\"", "extern")) and "extern" not in head:
                    at = matching(code, at, "{}")  # a braced initializer
                    continue
            head_start = at + 1
        at += 1
    return found
