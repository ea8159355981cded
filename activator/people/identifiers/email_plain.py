"""The addresses most rows hold, told by one look: plain letters, surely an address, and surely nobody's filler.

The engine then spares them the thorough rule, which composes Unicode and undresses quoted and bracketed addresses. A
property test holds the short way against the thorough one.
"""

import functools
import re

import ibis.expr.types as ir

_LOCAL = "abcdefghijklmnopqrstuvwxyz0123456789._%+-"
# Without what begins like .invalid, .local and .localhost, which reach nobody.
_TOP = "(?:[a-hj-km-z][a-z]+|i(?:[a-mo-z][a-z]*|n(?:[a-uw-z][a-z]*)?)|l[a-np-z][a-z]*)"


def is_plain(value: ir.StringValue, fillers: frozenset[str]) -> ir.BooleanValue:
    """Whether a raw value, but for case and blanks around it, is an address that begins like none of the fillers.

    False says nothing. fillers: beginnings to leave out, in lower case.
    """
    return value.re_search(_pattern(fillers))


@functools.cache
def _pattern(fillers: frozenset[str]) -> str:
    return rf"(?i)^ *(?:{_not_beginning(fillers)})(?:[a-z0-9-]+\.)+{_TOP} *$"


def _not_beginning(words: frozenset[str]) -> str:
    """A pattern of local parts with their "@" that begin with none of the words, since the engine has no look-ahead."""
    heads = {word[0] for word in words}
    patterns = [f"{_any_of(set(_LOCAL) - heads)}{_any_of(set(_LOCAL))}*@"]
    for head in sorted(heads - {"@"}):
        tails = frozenset(word[1:] for word in words if word[0] == head)
        if "" not in tails:
            ended = "" if "@" in tails else "|@"
            patterns.append(f"{re.escape(head)}(?:{_not_beginning(tails)}{ended})")
    return "|".join(patterns)


def _any_of(letters: set[str]) -> str:
    """A character class, neighbours written as ranges: the engine reads it again for every copy in a query."""
    spelt = ""
    for letter in sorted(letters):
        follows = chr(ord(letter) - 1) in letters
        if follows and chr(ord(letter) + 1) in letters:
            continue
        spelt += f"-{letter}" if follows else re.escape(letter)
    return f"[{spelt}]"
