"""Was Fehler in Einstellungen und Passwörtern auf Deutsch heißen.

Stücke der englischen Meldung, ``{}`` steht für Eingesetztes; der Reihe nach ersetzt (:func:`assistant.texts.spoken`).
"""

from __future__ import annotations

from typing import Final

SETTINGS_DE: Final[tuple[tuple[str, str], ...]] = (
    # was danach kommt
    (
        " Nothing was decided; try again when the server is back.",
        " Nichts ist entschieden; versuchen Sie es noch einmal, wenn der Server wieder da ist.",
    ),
    (
        " The decision is kept and carried out when the server is back.",
        " Die Entscheidung gilt und wird ausgeführt, wenn der Server wieder da ist.",
    ),
    # Einstellungen: wo
    ("is a folder, not a file", "ist ein Ordner und keine Datei"),
    ("does not exist: run", "gibt es nicht: run"),
    (
        "run gelassen init, which writes it (docs/configuration.md tells each key)",
        "gelassen init schreibt sie (docs/configuration.md erklärt jeden Schlüssel)",
    ),
    (
        "(the default; --config FILE or {} name another)",
        "(der übliche Ort; --config FILE oder {0} nennen einen anderen)",
    ),
    ("(given by {})", "(genannt mit {0})"),
    (
        ": line {}: is not UTF-8 text; save the file as UTF-8",
        ": Zeile {0}: kein UTF-8-Text; bitte als UTF-8 speichern",
    ),
    (
        'there is no account "{}" (any more); add it as [[account]].',
        "ein Konto „{0}“ gibt es nicht (mehr); bitte als [[account]] eintragen.",
    ),
    (
        "no [[account]]; add one with: gelassen init",
        "kein [[account]]; einrichten mit: gelassen init",
    ),
    (": line {}, column {}: ", ": Zeile {0}, Spalte {1}: "),
    (": end of document: ", ": am Ende der Datei: "),
    # Einstellungen: was
    (
        "a password does not belong in this file; use password_command, password_env or keyring = true",
        "ein Passwort gehört nicht in diese Datei; nehmen Sie password_command, password_env oder keyring = true",
    ),
    (
        '"none" is allowed on this machine only (localhost, 127.0.0.1); use "tls" or "starttls"',
        "„none“ ist nur auf diesem Rechner erlaubt (localhost, 127.0.0.1); nehmen Sie „tls“ oder „starttls“",
    ),
    ("only one of {} may be given, found {} and {}", "nur eines von {0} darf angegeben sein, gefunden: {1} und {2}"),
    (
        "no password source: give password_command, password_env or keyring = true",
        "woher das Passwort kommt, fehlt: password_command, password_env oder keyring = true",
    ),
    ("missing: the mail client logs in with it", "fehlt: das Mailprogramm meldet sich damit an"),
    (
        "missing: your own client, see docs/configuration.md",
        "fehlt: Ihre eigene Anwendung beim Anbieter, siehe docs/configuration.md",
    ),
    (
        'oauth gives a token, not a password; use "xoauth2"',
        "mit oauth gibt es ein Token und kein Passwort; nehmen Sie „xoauth2“",
    ),
    ("must not be empty", "darf nicht leer sein"),
    ("{} minutes is out of range", "{0} Minuten sind zu viel"),
    (" is out of range, more than 0 and at most 100", " geht nicht, mehr als 0 und höchstens 100"),
    (" is out of range, {} to {}", " geht nicht, möglich ist {0} bis {1}"),
    ('"{}" is not one of ', "„{0}“ gibt es nicht, möglich sind "),
    (
        '"{}" is not a duration; write whole minutes (3) or a number with s, m, h or d ("3m")',
        "„{0}“ ist keine Dauer; schreiben Sie ganze Minuten (3) oder eine Zahl mit s, m, h oder d („3m“)",
    ),
    ('"{}" is neither a duration (10, "2h") nor "morning"', "„{0}“ ist weder eine Dauer (10, „2h“) noch „morning“"),
    (
        '"{}" is not a time of day; write it as "09:00", between "00:00" and "23:59"',
        "„{0}“ ist keine Uhrzeit; schreiben Sie sie wie „09:00“, zwischen „00:00“ und „23:59“",
    ),
    ('"{}" is not a mail address such as "me@example.org"', "„{0}“ ist keine Mailadresse wie „me@example.org“"),
    ('"{}" is not a known time zone', "„{0}“ ist keine bekannte Zeitzone"),
    ('"{}" is not a region', "„{0}“ ist keine Region"),
    ('region: "{}" is not known', "region: „{0}“ ist nicht bekannt"),
    ("; write a country such as DE, AT or CH", "; schreiben Sie ein Land wie DE, AT oder CH"),
    ("; known are ", "; bekannt sind "),
    ('; write it as "DE", "DE-BE" or "CH-ZH"', "; schreiben Sie sie wie „DE“, „DE-BE“ oder „CH-ZH“"),
    ("; write it as Europe/Berlin", "; schreiben Sie sie wie Europe/Berlin"),
    ('; write "{}"', "; schreiben Sie „{0}“"),
    ("cannot be split into words: {}", "lässt sich nicht in Wörter teilen: {0}"),
    (
        "expected the name of an environment variable, not its value",
        "hier steht der Name einer Umgebungsvariable, nicht ihr Wert",
    ),
    (
        '"{}" is not a host name; write it as "mail.example.org"',
        "„{0}“ ist kein Rechnername; schreiben Sie ihn wie „mail.example.org“",
    ),
    (
        '"{}" is not a host name; the port has a key of its own',
        "„{0}“ ist kein Rechnername; der Port hat einen eigenen Schlüssel",
    ),
    (
        'expected "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/DATABASE"',
        "erwartet ist „sqlite:///FILE“ oder „postgresql+psycopg://USER@HOST/DATABASE“",
    ),
    (
        "write [[account]] with two brackets: there may be several",
        "schreiben Sie [[account]] mit zwei Klammern: es kann mehrere geben",
    ),
    ('"{}" is the name of an earlier account already', "„{0}“ heißt schon ein anderes Konto"),
    ("expected {}, found {}", "erwartet: {0}; gefunden: {1}"),
    ("four holds, for a draft of level 0, 1, 2 and 3", "vier Zeiten, für Entwürfe der Stufen 0, 1, 2 und 3"),
    ("four rows, for an incoming mail of level 0, 1, 2 and 3", "vier Zeilen, für Mails der Stufen 0, 1, 2 und 3"),
    ('two times such as ["22:00", "06:00"]', 'zwei Uhrzeiten wie ["22:00", "06:00"]'),
    ('whole minutes or a string such as "3m"', "ganze Minuten oder ein Text wie „3m“"),
    ("a list of addresses", "eine Liste von Adressen"),
    ("a list of durations", "eine Liste von Zeiten"),
    ("[[account]] tables", "Tabellen [[account]]"),
    ("a table of labels and levels", "eine Tabelle von Namen und Stufen"),
    ("a number with a fraction", "eine Kommazahl"),
    ("a whole number", "eine ganze Zahl"),
    ("a time without quotes", "eine Uhrzeit ohne Anführungszeichen"),
    ("true or false", "true oder false"),
    (": a number;", ": eine Zahl;"),
    (": a string", ": ein Text"),
    (": a table", ": eine Tabelle"),
    (": a list", ": eine Liste"),
    (": a date", ": ein Datum"),
    (": something else", ": etwas anderes"),
    ("unknown key", "diesen Schlüssel gibt es nicht"),
    (": missing", ": fehlt"),
    (', did you mean "{}"?', ", meinten Sie „{0}“?"),
    # Anmeldung und Passwort
    (": the login was refused ({})", ": die Anmeldung wurde abgelehnt ({0})"),
    ("; check imap.user and the password of account {}", "; bitte imap.user und das Passwort des Kontos {0} prüfen"),
    (
        "{} gave no answer within {} seconds; try it in a terminal",
        "{0} antwortete nicht innerhalb von {1} Sekunden; probieren Sie es im Terminal",
    ),
    (" cannot be started: {}", " lässt sich nicht starten: {0}"),
    ("it holds a null character", "es enthält ein Nullzeichen"),
    (" failed with status {}; try it in a terminal", " endete mit Status {0}; probieren Sie es im Terminal"),
    (" gave something that is not UTF-8 text", " gab etwas, das kein UTF-8-Text ist"),
    (
        " gave an empty first line, which should be the password",
        " gab eine leere erste Zeile, dort sollte das Passwort stehen",
    ),
    (
        ": the environment variable that it names is not set",
        ": die Umgebungsvariable, die es nennt, ist nicht gesetzt",
    ),
    (": the keyring is locked; unlock it", ": der Schlüsselbund ist gesperrt; bitte entsperren"),
    (": the keyring does not work ({})", ": der Schlüsselbund geht nicht ({0})"),
    (" has no password; store it with: ", " hat kein Passwort; hinterlegen Sie es mit: "),
    (
        ": this system's keyring would keep the password unprotected ({}); use password_command instead",
        ": der Schlüsselbund dieses Systems würde das Passwort ungeschützt ablegen ({0}); nehmen Sie password_command",
    ),
    (
        ": this system has no keyring; use password_command or password_env instead",
        ": dieses System hat keinen Schlüsselbund; nehmen Sie password_command oder password_env",
    ),
)
