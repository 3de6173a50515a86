"""The text and the questions of the tiny language models, made by rules from one seed.

Pairs of numbers, and people of whom is asked, are held out: no line of the training text asks
the same. The facts themselves stand in the training text, told in other words. Words to copy and
brackets are drawn anew.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

SEED = 20261127

#: Questions of each task.
QUESTIONS = 500

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_VOWELS = "aeiou"
_PAIRS = {"(": ")", "[": "]", "{": "}"}

#: Attributes of a person: how a fact is told, how it is asked, and what it can be.
_ATTRIBUTES = {
    "city": ("{} lives in {}", "where does {} live"),
    "food": ("{} likes to eat {}", "what does {} eat"),
    "work": ("{} works as a {}", "what does {} work as"),
}


def in_words(value: int) -> str:
    """Write a whole number from 0 to 199 in words."""
    if value >= 100:
        rest = value - 100
        return "one hundred" + (f" {in_words(rest)}" if rest else "")
    if value < 20:
        return _SMALL[value]
    tens, ones = divmod(value, 10)
    return _TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else "")


def _name(draw: random.Random, syllables: int) -> str:
    consonants = [letter for letter in _LETTERS if letter not in _VOWELS]
    return "".join(draw.choice(consonants) + draw.choice(_VOWELS) for _ in range(syllables))


class World:
    """What is true: people with their attributes, and which questions are held out."""

    def __init__(self, seed: int = SEED) -> None:
        draw = random.Random(seed)
        values = {}
        for attribute in _ATTRIBUTES:
            names: set[str] = set()
            while len(names) < 24:
                names.add(_name(draw, 2))
            values[attribute] = sorted(names)
        people: set[str] = set()
        while len(people) < 400:
            people.add(_name(draw, 3))
        self.values = values
        self.people = sorted(people)
        draw.shuffle(self.people)
        self.facts = {
            person: {attribute: draw.choice(values[attribute]) for attribute in _ATTRIBUTES}
            for person in self.people
        }
        # Questions are asked of half of the people in training, and of the other half here.
        self.asked, self.held_out = self.people[:200], self.people[200:]
        pairs = [(a, b) for a in range(100) for b in range(100)]
        draw.shuffle(pairs)
        self.sums = {"training": pairs[QUESTIONS:], "evaluation": pairs[:QUESTIONS]}
        draw.shuffle(pairs)
        self.residues = {"training": pairs[QUESTIONS:], "evaluation": pairs[:QUESTIONS]}
        draw.shuffle(pairs)
        unequal = [(a, b) for a, b in pairs if a != b]
        self.comparisons = {"training": unequal[QUESTIONS:], "evaluation": unequal[:QUESTIONS]}


def _brackets(draw: random.Random) -> tuple[str, str]:
    """Return an open sequence of brackets, and the bracket that has to be closed next."""
    text, stack = "", []
    for _ in range(draw.randrange(4, 16)):
        if stack and draw.random() < 0.45:
            text += _PAIRS[stack.pop()]
        else:
            stack.append(draw.choice("([{"))
            text += stack[-1]
    if not stack:
        stack.append(draw.choice("([{"))
        text += stack[-1]
    return text, _PAIRS[stack[-1]]


def _closed(text: str) -> str:
    stack: list[str] = []
    for sign in text:
        if sign in _PAIRS:
            stack.append(sign)
        else:
            stack.pop()
    return text + "".join(_PAIRS[sign] for sign in reversed(stack))


def _word(draw: random.Random) -> str:
    return "".join(draw.choice(_LETTERS) for _ in range(draw.randrange(3, 9)))


def lines(world: World, draw: random.Random) -> Iterator[str]:
    """Yield lines of training text, without end."""

    def fact() -> str:
        person = draw.choice(world.people)
        attribute = draw.choice(list(_ATTRIBUTES))
        return _ATTRIBUTES[attribute][0].format(person, world.facts[person][attribute]) + "."

    def question() -> str:
        person = draw.choice(world.asked)
        attribute = draw.choice(list(_ATTRIBUTES))
        asked = _ATTRIBUTES[attribute][1].format(person)
        return f"{asked}? {world.facts[person][attribute]}"

    def addition() -> str:
        a, b = draw.choice(world.sums["training"])
        return f"{in_words(a)} plus {in_words(b)} is {in_words(a + b)}"

    def residue() -> str:
        a, b = draw.choice(world.residues["training"])
        return f"{a}+{b} mod 5 = {(a + b) % 5}"

    def comparison() -> str:
        a, b = draw.choice(world.comparisons["training"])
        return f"larger of {a} and {b}: {max(a, b)}"

    def copying() -> str:
        word = _word(draw)
        return f"copy {word}: {word}"

    def brackets() -> str:
        return _closed(_brackets(draw)[0])

    kinds: list[Callable[[], str]] = [
        *(fact, fact, question, addition, addition, residue, comparison, copying, brackets)
    ]
    while True:
        yield draw.choice(kinds)() + "\n"


def evaluation(world: World) -> dict[str, list[dict]]:
    """Make the questions of each task.

    Returns
    -------
    dict of str to list of dict
        By task. Multiple choice: ``prompt``, ``choices``, ``gold``. Generation: ``prompt``,
        ``answer``.
    """
    draw = random.Random(SEED + 1)

    def choice(prompt: str, right: str, wrong: list[str]) -> dict:
        choices = [right, *wrong]
        draw.shuffle(choices)
        return {"prompt": prompt, "choices": choices, "gold": choices.index(right)}

    tasks: dict[str, list[dict]] = {
        name: []
        for name in (
            *("facts", "addition_choice", "residue_choice", "comparison", "brackets"),
            *("addition", "residue", "copying"),
        )
    }
    asked = [(person, attribute) for person in world.held_out for attribute in _ATTRIBUTES]
    for person, attribute in draw.sample(asked, QUESTIONS):
        right = world.facts[person][attribute]
        others = [value for value in world.values[attribute] if value != right]
        prompt = _ATTRIBUTES[attribute][1].format(person) + "?"
        tasks["facts"].append(choice(prompt, right, draw.sample(others, 3)))
    for a, b in world.sums["evaluation"]:
        prompt = f"{in_words(a)} plus {in_words(b)} is"
        near = [a + b + d for d in (-11, -10, -2, -1, 1, 2, 10, 11) if a + b + d >= 0]
        wrong = [in_words(value) for value in draw.sample(near, 3)]
        tasks["addition_choice"].append(choice(prompt, in_words(a + b), wrong))
        tasks["addition"].append({"prompt": prompt, "answer": in_words(a + b)})
    for a, b in world.residues["evaluation"]:
        prompt, right = f"{a}+{b} mod 5 =", str((a + b) % 5)
        wrong = [str(r) for r in range(5) if str(r) != right]
        tasks["residue_choice"].append(choice(prompt, right, wrong))
        tasks["residue"].append({"prompt": prompt, "answer": right})
    for a, b in world.comparisons["evaluation"]:
        prompt = f"larger of {a} and {b}:"
        tasks["comparison"].append(choice(prompt, str(max(a, b)), [str(min(a, b))]))
    for _ in range(QUESTIONS):
        text, right = _brackets(draw)
        wrong = [sign for sign in ")]}" if sign != right]
        tasks["brackets"].append(choice(text, right, wrong))
        word = _word(draw)
        tasks["copying"].append({"prompt": f"copy {word}:", "answer": word})
    return tasks
