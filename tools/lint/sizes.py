"""File length, function length and parameters, as the style sets them."""
from functions import functions
from sources import Finding

FILE_LOOK_AGAIN_LINES, FILE_MAX_LINES = 500, 700
FUNCTION_MAX_LINES = 70
PARAMETERS_MAX = 5
CODE = (".cpp", ".h", ".c", ".py", ".sh", ".cmake", ".js", ".ts", ".css")


def file_length(tree):
    """Code files above 700 lines fail, above 500 warn; data and generated files are not code."""
    findings = []
    for name in tree.names:
        if not name.endswith(CODE) or "/generated/" in name:
            continue
        lines = tree.text(name).count("\n")
        if lines > FILE_MAX_LINES:
            findings.append(Finding(name, lines, f"{lines} lines, at most {FILE_MAX_LINES}; split it by concept"))
        elif lines > FILE_LOOK_AGAIN_LINES:
            findings.append(Finding(name, lines, f"{lines} lines; look whether it holds two concepts", warning=True))
    return findings


def function_length(tree):
    """Functions above 70 lines."""
    return [Finding(name, f.first_line, f"{f.name} has {f.lines} lines, at most {FUNCTION_MAX_LINES}; name its parts")
            for name in tree.cpp() for f in functions(tree.text(name)) if f.lines > FUNCTION_MAX_LINES]


def parameters(tree):
    """Function definitions with more than five parameters."""
    return [Finding(name, f.first_line, f"{f.name} takes {f.parameters} parameters, at most {PARAMETERS_MAX}; make an options struct")
            for name in tree.cpp() for f in functions(tree.text(name)) if f.parameters > PARAMETERS_MAX]
