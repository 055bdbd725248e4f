"""Generated conversations: moves of a client, the scripts made of them, and what they are judged by.

`generate` makes scripts, `conversation` turns one into something that the recorder holds, `breaches` judges what came
of it, `shrink` finds a small script that fails the same way.
"""

from conformance.fuzz.events import DEEPEST, LONGEST
from conformance.fuzz.generate import SHORT, generate, name, scripts, shrink
from conformance.fuzz.oracle import Breach, breaches
from conformance.fuzz.script import conversation, read, write
from conformance.fuzz.spending import spend
from conformance.fuzz.view import Move

__all__ = [
    "DEEPEST",
    "LONGEST",
    "SHORT",
    "Breach",
    "Move",
    "breaches",
    "conversation",
    "generate",
    "name",
    "read",
    "scripts",
    "shrink",
    "spend",
    "write",
]
