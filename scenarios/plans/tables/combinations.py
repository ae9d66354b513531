"""The factors of an upload's life, and which of their combinations are impossible, with the reason."""

from __future__ import annotations

from conformance.engine.search.covering import Rule, Space

FACTORS = {
    "kind": ("single", "one part", "many parts"),
    "truth": ("good", "hash", "total", "surplus", "missing", "swap", "empty"),
    "place": ("root", "folder", "nested"),
    "actor": ("owner", "member"),
    "attach": ("before", "while", "after"),
    "role": ("only", "first", "later", "promoted"),
    "endpoint": ("file", "version"),
    "pause": ("none", "each step"),
    "name": ("plain", "reserved", "path", "unicode", "long"),
    "provider": ("unnamed", "named", "another"),
}
"""What is crossed. `attach` is when a file or a version is made of the upload: before its verdict, while it is
completed, after its verdict. `role` is the version's: the only one, one that another replaces, one that replaces
another, one that is made current again. `truth` is its defect, if any."""

NAME_GROUPS = {
    "plain": ("",),
    "reserved": ("quoted", "reserved", "percent", "markup", "json", "template", "sql", "shell", "formula"),
    "path": ("slashes", "climbing", "hidden", "dots", "extensions", "spaces", "lines"),
    "unicode": (
        "wide-spaces", "composed", "decomposed", "compatible", "folding", "astral", "right-to-left", "invisible",
    ),
    "long": ("long-255", "long-256", "wide-250", "longest"),
}  # fmt: skip
"""The classes of names that a level of the factor stands for: each class by itself has rows in the table of names."""


SPACE = Space(
    FACTORS,
    (
        Rule(
            ("kind", "truth"), "two hashes are swapped only where there are two parts",
            lambda kind, truth: truth == "swap" and kind != "many parts",
        ),
        Rule(
            ("kind", "truth"), "only a single part is bad by the whole hash of nothing",
            lambda kind, truth: truth == "empty" and kind != "single",
        ),
        Rule(
            ("truth", "attach"), "a server may refuse to make a file of what it knows to be bad",
            lambda truth, attach: truth != "good" and attach == "after",
        ),
        Rule(
            ("role", "attach"), "a new version of what is not completed is refused, and nobody asks again",
            lambda role, attach: role == "later" and attach == "while",
        ),
    ),
)  # fmt: skip
