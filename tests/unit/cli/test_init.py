"""The words of ``gelassen init`` whose keys are put together, and what it refuses."""

from __future__ import annotations

import pytest

from assistant.adapters.autoconfig import providers
from assistant.cli import init_folders, init_login, init_sending
from assistant.config import Issuer, Security
from assistant.core.provider import Password
from assistant.texts import CATALOGUES, Lang
from tests.unit.cli.conftest import World


@pytest.mark.parametrize("lang", ["de", "en"])
def test_every_key_that_is_put_together_has_words(lang: Lang) -> None:
    """Kinds of passwords, folders, sources, mail clients."""
    keys = {f"init.password.{kind}" for kind in Password if kind is not Password.USUAL}
    keys |= {f"init.security.{kind}" for kind in Security} | {f"init.oauth.{name}" for name in Issuer}
    keys |= {f"init.folder.{role}" for role in init_folders.ROLES} | {
        f"init.source.{one}" for one in init_login.SOURCES
    }
    keys |= {f"init.steps.{client}" for client in init_sending.CLIENTS}
    assert keys <= set(CATALOGUES[lang])


def test_every_sign_in_of_the_book_is_one_that_there_is() -> None:
    """A provider with OAuth has an issuer."""
    assert {one.oauth for one in providers()} - {""} == set(Issuer)


@pytest.mark.parametrize(("lang", "words"), [("de", "braucht dafür ein Terminal"), ("en", "needs a terminal")])
def test_nobody_to_answer(gelassen: World, lang: str, words: str) -> None:
    """In a pipe or a timer it ends at once and says what to do."""
    answer = gelassen("init", "--lang", lang)
    assert (answer.code, answer.out) == (1, "")
    assert words in answer.err
