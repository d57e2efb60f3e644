"""Was beim Senden draußen schiefgeht, auf Deutsch; gebaut wie :mod:`assistant.texts.outside_de`."""

from __future__ import annotations

from typing import Final

RELAY_DE: Final[tuple[tuple[str, str], ...]] = (
    (
        ": the server's certificate is not trusted ({}); check that relay.host is the name that the "
        "provider gives for SMTP. Nothing was sent.",
        ": dem Zertifikat des Servers ist nicht zu trauen ({0}); steht in relay.host der Name, den der "
        "Anbieter für SMTP nennt? Es wurde nichts gesendet.",
    ),
    (
        ': the server does not speak TLS on this port; security = "tls" usually goes with port 465, '
        'security = "starttls" with port 587',
        ': der Server spricht an diesem Port kein TLS; security = "tls" gehört meist zu Port 465, '
        'security = "starttls" zu Port 587',
    ),
    (
        ': no STARTTLS is offered here; try security = "tls" with port 465. Nothing was sent.',
        ': STARTTLS gibt es hier nicht; versuchen Sie security = "tls" mit Port 465. Es wurde nichts gesendet.',
    ),
    (
        ": the name cannot be resolved ({}); check relay.host and the network",
        ": den Namen kennt niemand ({0}); bitte relay.host und das Netz prüfen",
    ),
    (
        ": this is not the name of a computer; check relay.host",
        ": das ist kein Rechnername; bitte relay.host prüfen",
    ),
    (
        ": this is not an SMTP server; check relay.host and relay.port",
        ": das ist kein SMTP-Server; bitte relay.host und relay.port prüfen",
    ),
    (
        ": the connection broke before the mail was handed over; it was not sent",
        ": die Verbindung riss ab, bevor die Mail übergeben war; sie wurde nicht gesendet",
    ),
    (
        ": the server gave an answer that makes no sense here; the mail was not sent",
        ": der Server gab eine Antwort, die hier keinen Sinn ergibt; die Mail wurde nicht gesendet",
    ),
    (
        "; check relay.user and the password",
        "; bitte relay.user und das Passwort prüfen",
    ),
    (
        "; check relay.user and the access token",
        "; bitte relay.user und das Zugangstoken prüfen",
    ),
    (
        " (tried again in {} min)",
        " (nächster Versuch in {0} min)",
    ),
    (
        ": no login with a password is offered here ({}); check relay.auth and relay.port",
        ": eine Anmeldung mit Passwort gibt es hier nicht ({0}); bitte relay.auth und relay.port prüfen",
    ),
    (
        ": no login with XOAUTH2 is offered here ({}); check relay.auth and relay.port",
        ": eine Anmeldung mit XOAUTH2 gibt es hier nicht ({0}); bitte relay.auth und relay.port prüfen",
    ),
    (
        ": no password ({})",
        ": kein Passwort ({0})",
    ),
    (
        ": the server cannot transport addresses and headers with letters like ä (SMTPUTF8)",
        ": der Server kann Adressen und Kopfzeilen mit Buchstaben wie ä nicht befördern (SMTPUTF8)",
    ),
    (
        ": the server cannot transport this mail's 8-bit text (8BITMIME)",
        ": der Server kann den 8-Bit-Text dieser Mail nicht befördern (8BITMIME)",
    ),
    (
        ": the mail has {} bytes, and the server takes {} at most",
        ": die Mail hat {0} Byte, und der Server nimmt höchstens {1}",
    ),
    (
        "this address cannot be used: it has characters that an address may not have",
        "diese Adresse ist nicht brauchbar: sie enthält Zeichen, die eine Adresse nicht haben darf",
    ),
)
