"""Attribute blocks, as the programs write them."""


def next_pairs(stream):
    """The next block of a stream of bytes, as pairs; None at its end."""
    pairs = []
    for line in stream:
        if line == b"\n":
            return pairs
        key, _, value = line.decode().rstrip("\n").partition("=")
        pairs.append((key, value))
    return None


def blocks(text):
    """The blocks of a text, as dictionaries."""
    found = []
    for block in text.split("\n\n"):
        if block.strip("\n"):
            found.append(dict(line.split("=", 1) for line in block.strip("\n").split("\n")))
    return found
