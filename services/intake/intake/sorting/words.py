"""Words as people write them: at the start of a word, in any case, with or without æøå, and with small slips.

A rule's author writes plain words, never expressions that could run away:

| written | matches |
| --- | --- |
| `permisjon` | any word that begins so: «Permisjonen», «permisjonssøknad», «permsjon» (slips from 7 letters on) |
| `"rus"` | that word alone, and nothing longer |
| `*vold` | anywhere in a word: «familievold» |
| `fri fra skolen` | these words after each other, each as above |
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|§")
WRITTEN: Final = re.compile(r"""^"[\w§.,'’&/-]+"$|^\*?[\w§.,'’&/-]+$""")
LETTERS: Final = str.maketrans({"æ": "ae", "ä": "ae", "ø": "o", "ö": "o", "å": "a", "đ": "d", "ŋ": "n", "ŧ": "t", "ð": "d", "ł": "l"})  # fmt: skip
ONE_SLIP, TWO_SLIPS, FIRST_LETTERS = 7, 12, 2
SHORTEST_JOINED: Final = 6  # what a wrongly split word must have in all: «barne vern»
LONGEST: Final = 60


def folded(word: str) -> str:
    """A word without case, marks and the ways of writing æøå: «Skoleskyß», «soeknad» and «søknad» meet."""
    flat = unicodedata.normalize("NFKC", word).casefold().translate(LETTERS)
    bare = "".join(one for one in unicodedata.normalize("NFKD", flat) if not unicodedata.combining(one))
    return bare.replace("oe", "o").replace("aa", "a").replace("ae", "ae")


class Token(NamedTuple):
    """A word of a text: folded, and where it stands."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """A text cut into words."""

    written: str

    @cached_property
    def clean(self) -> str:
        """Without marks that do not show (soft hyphens, zero width, direction): they split words for machines only."""
        return "".join(one for one in self.written if unicodedata.category(one) != "Cf")

    @cached_property
    def tokens(self) -> list[Token]:
        """Its words in order."""
        return [Token(folded(found[0]), found.start(), found.end()) for found in TOKEN.finditer(self.clean)]

    @cached_property
    def joined(self) -> list[tuple[Token, int]]:
        """Words that stand apart and may belong together («barne vern», «P P T»), with the length of their first part."""
        return [*self._pairs(), *self._spelled()]

    def quote(self, start: int, end: int) -> str:
        """The words between two places as they were written."""
        return " ".join(self.clean[start:end].split())[:LONGEST]

    def _pairs(self) -> Iterator[tuple[Token, int]]:
        for one, other in zip(self.tokens, self.tokens[1:], strict=False):
            word = one.word + other.word
            if min(len(one.word), len(other.word)) > 1 and len(word) >= SHORTEST_JOINED and word.isalpha():
                yield Token(word, one.start, other.end), len(one.word)

    def _spelled(self) -> Iterator[tuple[Token, int]]:
        run: list[Token] = []
        for token in [*self.tokens, Token("--", 0, 0)]:
            is_letter = len(token.word) == 1 and token.word.isalpha()
            is_same_case = not run or self.clean[run[-1].start].isupper() == self.clean[token.start].isupper()
            if is_letter and is_same_case:  # «P P T i dag»: the preposition is none of the letters
                run.append(token)
                continue
            if len(run) > 1:
                yield Token("".join(one.word for one in run), run[0].start, run[-1].end), 0
            run = [token] if is_letter else []


class Part(NamedTuple):
    """One word of a pattern."""

    word: str
    is_whole: bool
    is_within: bool
    slips: int  # how many small errors are borne with

    def fits(self, token: str) -> bool:
        """Whether a word of the text is this one, begins as it, or holds it."""
        if self.is_whole:
            return token == self.word
        if self.is_within:
            return self.word in token
        return token.startswith(self.word) or (
            self.slips > 0
            and token[:FIRST_LETTERS] == self.word[:FIRST_LETTERS]
            and begins_like(token[FIRST_LETTERS:], self.word[FIRST_LETTERS:], self.slips)
        )


class Found(NamedTuple):
    """A pattern in a text: what the rule's author wrote, and what the sender did."""

    pattern: str
    quote: str


def begins_like(token: str, word: str, slips: int) -> bool:
    """Whether a beginning of the token is the word with at most so many letters lost, added, changed or swapped."""
    same = 0
    while same < min(len(token), len(word)) and token[same] == word[same]:
        same += 1
    token, word = token[same:], word[same:]
    if len(word) <= slips:
        return True
    if not slips:
        return False
    if token[:2] == word[1::-1] and len(token) > 1 and begins_like(token[2:], word[2:], slips - 1):
        return True
    return (
        begins_like(token[1:], word[1:], slips - 1)
        or begins_like(token, word[1:], slips - 1)
        or (bool(token) and begins_like(token[1:], word, slips - 1))
    )


def parts_of(written: str) -> tuple[Part, ...]:
    """The parts of a pattern; none where it is not written as one."""
    made = []
    for one in written.split():
        if not WRITTEN.match(one):
            return ()
        cut = [token.word for token in Text(one).tokens]
        if not cut:
            return ()
        made += [_part(word, is_whole=one.startswith('"'), is_within=one.startswith("*")) for word in cut]
    return tuple(made)


def _part(word: str, *, is_whole: bool, is_within: bool) -> Part:
    """A number or a single letter is never the beginning of something longer."""
    is_whole = is_whole or not word.isalpha() or len(word) == 1
    bears = not is_whole and not is_within
    return Part(word, is_whole, is_within, bears * ((len(word) >= ONE_SLIP) + (len(word) >= TWO_SLIPS)))


class Lexicon:
    """Many patterns, looked for at once."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._single: dict[str, list[tuple[str, Part]]] = defaultdict(list)
        self._within: list[tuple[str, Part]] = []
        self._phrases: dict[str, list[tuple[str, tuple[Part, ...]]]] = defaultdict(list)
        self._anywhere: list[tuple[str, tuple[Part, ...]]] = []
        self._known: dict[str, tuple[str, ...]] = {}
        for written in patterns:
            self._add(written, parts_of(written))

    def _add(self, written: str, parts: tuple[Part, ...]) -> None:
        if not parts:
            raise ValueError("a pattern without a word")
        if len(parts) > 1:
            (self._anywhere if parts[0].is_within else self._phrases[parts[0].word[:FIRST_LETTERS]]).append(
                (written, parts)
            )
        elif parts[0].is_within:
            self._within.append((written, parts[0]))
        else:
            self._single[parts[0].word[:FIRST_LETTERS]].append((written, parts[0]))

    def found(self, text: Text) -> list[Found]:
        """Every pattern once, with the first words it was found in."""
        found: dict[str, Found] = {}
        for token in text.tokens:
            for written in self.fitting(token.word):
                found.setdefault(written, Found(written, text.quote(token.start, token.end)))
        for written, start, end in [*self._in_joined(text), *self._in_phrases(text)]:
            found.setdefault(written, Found(written, text.quote(start, end)))
        return list(found.values())

    def fitting(self, word: str) -> tuple[str, ...]:
        """The patterns of one word that fit a folded word."""
        if word not in self._known:
            candidates = [*self._single.get(word[:FIRST_LETTERS], ()), *self._within]
            self._known[word] = tuple(written for written, part in candidates if part.fits(word))
            if len(self._known) > 50_000:
                self._known.clear()
                return self.fitting(word)
        return self._known[word]

    def _in_joined(self, text: Text) -> Iterator[tuple[str, int, int]]:
        for token, first in text.joined:
            for written, part in [*self._single.get(token.word[:FIRST_LETTERS], ()), *self._within]:
                at = token.word.find(part.word)
                is_across = at >= 0 and (at < first < at + len(part.word) or not first)
                if is_across and (token.word == part.word if part.is_whole else part.is_within or not at):
                    yield written, token.start, token.end

    def _in_phrases(self, text: Text) -> Iterator[tuple[str, int, int]]:
        tokens = text.tokens
        for at, token in enumerate(tokens):
            for written, parts in [*self._phrases.get(token.word[:FIRST_LETTERS], ()), *self._anywhere]:
                here = tokens[at : at + len(parts)]
                if len(here) == len(parts) and all(part.fits(one.word) for part, one in zip(parts, here, strict=True)):
                    yield written, here[0].start, here[-1].end
