"""Folders, the clock, and the calendar of a region."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.adapters import paths
from assistant.adapters.calendar import RegionCalendar, country_of
from assistant.adapters.clock import SystemClock, local_zone
from assistant.errors import ConfigError, PermanentFailure
from assistant.services.ports import Clock, WorkingDays

ROOT = Path(__file__).parents[2]


def test_state_and_logs_are_private(home: Path) -> None:
    """They are made when needed, with mode 0700, in the user's folders."""
    for folder in (paths.state_dir(), paths.log_dir()):
        assert folder.is_relative_to(home)
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert paths.state_dir() == home / ".local" / "state" / "gelassen"


def test_asking_for_the_config_folder_makes_none(home: Path) -> None:
    """Looking for a file leaves no traces."""
    assert paths.config_dir() == home / ".config" / "gelassen"
    assert not paths.config_dir().exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """With its name and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(PermanentFailure, match=r"file/below cannot be created: Not a directory"):
        paths.private(tmp_path / "file" / "below")


def test_the_default_database_is_an_absolute_file(home: Path) -> None:
    """Four slashes: SQLAlchemy's three and the path's own."""
    assert paths.default_database_url() == f"sqlite:///{home}/.local/state/gelassen/gelassen.db"


def test_the_lock_lies_with_the_database(tmp_path: Path) -> None:
    """One daemon a database; for a server's database it is in the state folder."""
    url = f"sqlite:///{tmp_path}/deep/mail.db"
    assert paths.lock_file(url) == tmp_path / "deep" / "mail.db.lock"
    assert paths.lock_file(f"{url}?timeout=3") == tmp_path / "deep" / "mail.db.lock"
    assert paths.lock_file("postgresql+psycopg://localhost/g") == paths.state_dir() / "gelassen.lock"


def test_shipped_folders_of_the_checkout() -> None:
    """models and templates stay at top level."""
    assert paths.shipped_models() == ROOT / "models"
    assert paths.shipped_templates() == ROOT / "templates"


def test_shipped_folders_of_an_installed_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel they lie in the package; a `models` folder of somebody else beside it is not ours."""
    package = tmp_path / "site-packages" / "assistant"
    (package / "_data" / "models").mkdir(parents=True)
    (package.parent / "models").mkdir()
    monkeypatch.setattr(paths, "_PACKAGE", package)
    assert paths.shipped_models() == package / "_data" / "models"


def test_now_is_aware_and_in_the_users_zone() -> None:
    """The port's promise."""
    clock: Clock = SystemClock(ZoneInfo("Europe/Zurich"))
    now = clock.now()
    assert now.tzinfo == ZoneInfo("Europe/Zurich")
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("region", "off", "on"),
    [
        ("DE-BE", ["2026-03-08", "2026-12-25", "2026-12-26", "2027-03-08", "2026-04-03", "2026-04-06"], ["2026-12-24"]),
        ("DE-BY", ["2026-01-06", "2026-06-04", "2027-01-06"], ["2027-03-08", "2026-12-31"]),
        ("DE", ["2026-10-03", "2027-05-06"], ["2027-03-08"]),
        ("AT", ["2026-10-26", "2026-12-08"], ["2026-10-30"]),
        ("AT-9", ["2026-10-26"], ["2026-10-30"]),
        ("CH-ZH", ["2026-08-01", "2028-08-01", "2026-12-25"], ["2026-12-28"]),
    ],
)
def test_holidays_and_weekends_are_off(region: str, off: list[str], on: list[str]) -> None:
    """As the law of the region has it."""
    calendar: WorkingDays = RegionCalendar(region)
    assert [day for day in off if calendar(date.fromisoformat(day))] == []
    assert [day for day in on if not calendar(date.fromisoformat(day))] == []


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("DE-BR", 'config.toml: general.region: "DE-BR" is not known; known are DE, DE-BB, DE-BE, '),
        ("DE-BEE", 'config.toml: general.region: "DE-BEE" is not known, did you mean "DE-BE"?'),
        ("LI-1", 'config.toml: general.region: "LI-1" is not known; write "LI"'),
        ("XX", 'config.toml: general.region: "XX" is not known; write a country such as DE, AT or CH'),
    ],
)
def test_an_unknown_region_is_told_with_a_near_one(region: str, hint: str) -> None:
    """By `check` for the doctor, and at the first question."""
    with pytest.raises(ConfigError) as caught:
        RegionCalendar(region).check()
    assert str(caught.value).startswith(hint)
    with pytest.raises(ConfigError):
        RegionCalendar(region)(date(2026, 1, 1))


def test_a_known_region_passes_the_check() -> None:
    """Nothing is said then."""
    RegionCalendar("CH-BE").check()


def test_several_threads_may_ask() -> None:
    """The package fills a year at its first question; nobody may see it half filled."""
    calendar = RegionCalendar("DE-BE")
    christmas = [date(2000 + n % 60, 12, 25) for n in range(240)]
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(calendar, christmas))


def test_holidays_are_loaded_at_the_first_question_only() -> None:
    """`gelassen queue` must start in under 0.3 s; the package alone takes 0.2 s. Nor does keyring load early."""
    code = (
        "import sys, assistant.adapters.calendar as c, assistant.adapters.secrets; "
        "c.RegionCalendar('DE-BE'); print([m for m in ('holidays', 'keyring') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("zone", "country"), [("Europe/Berlin", "DE"), ("Europe/Vienna", "AT"), ("Europe/Zurich", "CH"), ("Etc/UTC", None)]
)
def test_a_zone_tells_its_country(zone: str, country: str | None) -> None:
    """Zones without a place have none."""
    assert country_of(zone) == country


@pytest.mark.parametrize(
    ("variable", "zone"),
    [
        ("Europe/Vienna", "Europe/Vienna"),
        (":Europe/Zurich", "Europe/Zurich"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
    ],
)
def test_the_systems_zone(monkeypatch: pytest.MonkeyPatch, variable: str, zone: str) -> None:
    """TZ names a zone or a file."""
    monkeypatch.setenv("TZ", variable)
    assert local_zone() == zone
