"""Checks bits per weight of precision records against their block layout."""


def check(record):
    """A block's bits must follow from its bytes; a measured file may only be wider than its narrowest block."""
    problems, block = [], record.get("block")
    stated = record["bits_per_weight"]
    if record["bits_provenance"] == "block layout":
        if not block:
            return ["bits_provenance says block layout, but there is no block"]
        exact = 8 * block["bytes"] / block["weights"]
        if abs(exact - stated) > 1e-9:
            problems.append(f"bits_per_weight is {stated}, the block gives {exact}")
    elif block and stated < 8 * block["bytes"] / block["weights"] - 1e-9:
        problems.append(f"bits_per_weight {stated} is below that of its own block")
    return problems
