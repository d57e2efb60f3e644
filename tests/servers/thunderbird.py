"""Thunderbird on a screen of its own, its keys pressed by Marionette, the remote control built into Mozilla's programs.

    with Screen() as screen, Thunderbird(folder, screen, account) as client:
        client.reply("Katalog 1", "So nicht!")
        client.press(CONTROL, "s")

Needs Debian's ``thunderbird`` and ``xvfb``.  Its window is there 3 to 5 s after the start.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from PIL import ImageGrab

from tests.servers import free_port, until

#: The keys' names in WebDriver (section 17.4.2).
CONTROL, RETURN = "\ue009", "\ue006"
_SECONDS = 180.0
_HOST = "127.0.0.1"
#: What Thunderbird would show, ask or fetch by itself.
_QUIET: dict[str, object] = {
    "app.donation.eoy.version.viewed": 999,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "mail.biff.show_alert": False,
    "mail.inappnotifications.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spam.version": 1,
    "mail.warn_on_send_accel_key": False,
    "mailnews.database.global.indexer.enabled": False,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "services.settings.server": f"http://{_HOST}:9/",
}
_LOG_IN = """
    const [host, logins, password] = arguments[0];
    for (const [scheme, user] of logins) {
        const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
        login.init(`${scheme}://${host}`, null, `${scheme}://${host}`, user, password, "", "");
        await Services.logins.addLoginAsync(login);
    }
"""
_TRUST = """
    const [host, port, certificate] = arguments[0];
    const known = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
    const trusted = Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService);
    trusted.rememberValidityOverride(host, port, {}, known.constructX509FromBase64(certificate), false);
"""
_OPEN_INBOX = """
    const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
    const root = MailServices.accounts.defaultAccount.incomingServer.rootFolder;
    const inbox = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
    document.getElementById("tabmail").currentAbout3Pane.displayFolder(inbox.URI);
"""
_SELECT = """
    const pane = document.getElementById("tabmail").currentAbout3Pane;
    const rows = [...Array(pane.gDBView?.rowCount ?? 0).keys()];
    const row = rows.find(i => pane.gDBView.getMsgHdrAt(i).mime2DecodedSubject == arguments[0][0]);
    if (row === undefined) return false;
    pane.threadTree.selectedIndex = row;
    pane.threadTree.focus();
    return document.getElementById("tabmail").currentAboutMessage?.gMessage?.mime2DecodedSubject == arguments[0][0];
"""
_THREE_PANES = "return Boolean(document.getElementById('tabmail')?.currentAbout3Pane?.displayFolder)"
_TAKES_TEXT = "return Boolean(window.composeEditorReady && window.gMsgCompose?.editor && document.hasFocus())"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A mailbox and a submission server on loopback, with one password.

    Attributes:
        imap_port: without TLS.
        smtp_port: with STARTTLS.
        certificate: PEM, the one that the submission server shows; the user has accepted it.
    """

    address: str
    password: str
    imap_port: int
    imap_user: str
    smtp_port: int
    smtp_user: str
    certificate: Path


class Screen:
    """An X server without a screen; a context manager.

    Attributes:
        display: its name, for DISPLAY.
    """

    def __init__(self) -> None:
        self.display = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
        with os.fdopen(reading) as told:
            self._process = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
            os.close(writing)
            self.display = f":{told.readline().strip()}"  # told when it is ready, nothing when it has ended
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_SECONDS)

    def picture(self, path: Path) -> None:
        """Keeps what is to be seen."""
        ImageGrab.grab(xdisplay=self.display).save(path)


class Thunderbird:
    """A mail client with one account; a context manager. What goes wrong inside leaves ``screen.png`` in the folder."""

    def __init__(self, folder: Path, screen: Screen, account: Account) -> None:
        self._folder = folder
        self._screen = screen
        self._account = account
        self._port = free_port()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop(failed=True)
            raise
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        self._stop(failed=kind is not None)

    def reply(self, subject: str, text: str) -> None:
        """Opens a mail of INBOX, answers it with Ctrl+R and types; the compose window has the keys afterwards."""
        self._wait(lambda: self._script(_SELECT, subject), f"{subject} in INBOX")
        before = set(self.windows())
        self.press(CONTROL, "r")
        (window,) = self._wait(lambda: set(self.windows()) - before, "a compose window")
        self._remote("WebDriver:SwitchToWindow", handle=window)
        self._wait(lambda: self._script(_TAKES_TEXT), "a compose window that takes text")
        for character in text:
            self.press(character)

    def press(self, *keys: str) -> None:
        """Presses keys at the same time, in the window that has them; it may close at that."""
        down = [{"type": "keyDown", "value": key} for key in keys]
        up = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        try:
            self._remote("WebDriver:PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": down + up}])
        except _Refused as refused:
            if refused.reason != "no such window":
                raise

    def closed(self) -> None:
        """Waits until there is only the main window, which has the keys then: what was sent counts as sent."""
        self._wait(lambda: len(self.windows()) == 1, "the window's end")
        self._remote("WebDriver:SwitchToWindow", handle=self.windows()[0])

    def windows(self) -> list[str]:
        """All windows, dialogs among them."""
        found: list[str] = self._remote("WebDriver:GetWindowHandles")
        return found

    def _start(self) -> None:
        profile = self._folder / "profile"
        profile.mkdir(parents=True)
        preferences = _QUIET | _preferences(self._account) | {"marionette.port": self._port}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items())
        (profile / "user.js").write_text("".join(lines), encoding="utf-8")
        # TMPDIR: two Thunderbirds at once would take away each other's nsemail.eml, and the one would fail to send.
        home = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "TMPDIR"), str(self._folder))
        with (self._folder / "thunderbird.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "thunderbird",
                    "--no-remote",
                    "--profile",
                    str(profile),
                    "--marionette",
                    "--remote-allow-system-access",
                ],
                env={**os.environ, **home, "DISPLAY": self._screen.display, "MOZ_ENABLE_WAYLAND": "0"},
                stdout=log,
                stderr=log,
            )
        self._stack.callback(self._kill)
        self._remote = _Marionette(self._wait(self._connection, "Thunderbird"))
        self._stack.callback(self._remote.close)
        account = self._account
        logins = [("imap", account.imap_user), ("smtp", account.smtp_user)]
        self._script(_LOG_IN, _HOST, logins, account.password)
        self._script(
            _TRUST, _HOST, account.smtp_port, "".join(account.certificate.read_text().split("-----")[2].split())
        )
        self._wait(lambda: self._script(_THREE_PANES), "the main window")
        self._script(_OPEN_INBOX)

    def _stop(self, *, failed: bool) -> None:
        if failed:
            self._screen.picture(self._folder / "screen.png")
        self._stack.close()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait(_SECONDS)

    def _script(self, body: str, *arguments: object) -> Any:
        """What a function body returns, run with all rights in the window that has the keys."""
        script = f"return (async () => {{ {body} }})();"
        answer = self._remote("WebDriver:ExecuteScript", script=script, args=[list(arguments)], sandbox="system")
        return answer["value"]

    def _connection(self) -> socket.socket | None:
        assert self._process.poll() is None, "Thunderbird has ended"
        try:
            return socket.create_connection((_HOST, self._port), _SECONDS)
        except ConnectionRefusedError:
            return None

    def _wait(self, condition: Callable[[], Any], what: str) -> Any:
        """What the condition gives as soon as that is true."""
        found: Any = None

        def holds() -> Any:
            nonlocal found
            found = condition()
            return found

        assert until(holds, seconds=_SECONDS), f"no sign of {what}"
        return found


class _Refused(AssertionError):
    """A command that Thunderbird could not carry out; ``reason`` is one of WebDriver's error codes."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason


class _Marionette:
    """The remote control's end of the wire: commands and answers are JSON arrays, each behind its length."""

    def __init__(self, connection: socket.socket) -> None:
        with connection:  # the stream keeps it open
            self._stream = connection.makefile("rwb")
        self._number = 0
        self._read()  # its greeting
        self("WebDriver:NewSession", capabilities={})
        self("Marionette:SetContext", value="chrome")

    def __call__(self, command: str, **parameters: object) -> Any:
        """The answer to a command."""
        self._number += 1
        words = json.dumps([0, self._number, command, parameters]).encode()
        self._stream.write(b"%d:%s" % (len(words), words))
        self._stream.flush()
        _, number, error, result = self._read()
        assert number == self._number
        if error is not None:
            raise _Refused(error["error"], f"{command}: {error['message']}")
        return result

    def close(self) -> None:
        """Lets go of the wire."""
        self._stream.close()

    def _read(self) -> Any:
        length = b""
        while (digit := self._stream.read(1)) != b":":
            assert digit, "Thunderbird has closed the connection"
            length += digit
        return json.loads(self._stream.read(int(length)))


def _preferences(account: Account) -> dict[str, object]:
    """One mailbox, one identity that writes plain text, one submission server."""
    folder = f"imap://{account.imap_user}@{_HOST}"
    imap, local, identity, smtp = (
        "mail.server.server1",
        "mail.server.server2",
        "mail.identity.id1",
        "mail.smtpserver.smtp1",
    )
    return {
        "mail.accountmanager.accounts": "account1,account2",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.accountmanager.localfoldersserver": "server2",
        "mail.account.account1.server": "server1",
        "mail.account.account1.identities": "id1",
        "mail.account.account2.server": "server2",
        f"{imap}.type": "imap",
        f"{imap}.hostname": _HOST,
        f"{imap}.port": account.imap_port,
        f"{imap}.userName": account.imap_user,
        f"{imap}.authMethod": 3,  # a password, as it is
        f"{imap}.socketType": 0,  # no TLS
        f"{imap}.login_at_startup": False,  # or it would ask for the password before it has been given it
        f"{local}.type": "none",
        f"{local}.hostname": "Local Folders",
        f"{local}.userName": "nobody",
        f"{identity}.fullName": "Mara",
        f"{identity}.useremail": account.address,
        f"{identity}.valid": True,
        f"{identity}.compose_html": False,
        f"{identity}.draft_folder": f"{folder}/Drafts",
        f"{identity}.drafts_folder_picker_mode": "1",
        f"{identity}.fcc_folder": f"{folder}/Sent",
        f"{identity}.fcc_folder_picker_mode": "1",
        f"{identity}.smtpServer": "smtp1",
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        f"{smtp}.hostname": _HOST,
        f"{smtp}.port": account.smtp_port,
        f"{smtp}.username": account.smtp_user,
        f"{smtp}.authMethod": 3,
        f"{smtp}.try_ssl": 2,  # STARTTLS, always
    }
