"""Was gelassen init und gelassen service fragen und sagen, auf Deutsch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

INIT_DE: Final[Mapping[str, str]] = {
    "help.init": "richtet ein Konto ein: findet die Server, prüft die Anmeldung, schreibt config.toml",
    "init.no_terminal": (
        "init stellt Fragen und braucht dafür ein Terminal. Ohne Terminal lässt sich config.toml von Hand schreiben:"
        " docs/configuration.md"
    ),
    "init.welcome": "Gelassen wird eingerichtet. Enter übernimmt, was in Klammern steht; Strg-C bricht ab.",
    "init.goes_to": "Die Einstellungen kommen nach {path}. Geschrieben wird erst ganz am Schluss.",
    "init.changes": "Es gibt schon Einstellungen in {path}. Ihre Änderungen und Kommentare darin bleiben erhalten.",
    "init.stopped": "Abgebrochen. Es wurde nichts geschrieben.",
    "init.yes_or_no": "J/n",
    "init.no_or_yes": "j/N",
    "init.number": "Nummer",
    "init.only_numbers": "bitte eine Zahl von 1 bis {count}",
    "init.again": "noch einmal versuchen",
    # Adresse und Server
    "init.account": "Ihr Konto",
    "init.address": "Ihre Mailadresse",
    "init.name": "Wie soll das Konto heißen?",
    "init.name_taken": "so heißt schon das Konto von {address}",
    "init.known_account": "Dieses Konto gibt es schon: „{name}“. Es wird geändert.",
    "init.searching": "Gesucht werden die Server von {domain} …",
    "init.provider": "Das ist {name}.",
    "init.nothing_found": "Gefunden wurde nichts. Die Namen der Server nennt Ihr Anbieter auf seinen Hilfeseiten.",
    "init.switch_on": "IMAP muss dort in den Einstellungen im Browser erst erlaubt werden.",
    "init.password.own": "Für Mailprogramme gilt dort ein eigenes Passwort, nicht das der Webseite.",
    "init.password.app-with-2fa": (
        "Ist die Zwei-Faktor-Anmeldung an, brauchen Mailprogramme dort ein App-Passwort statt des üblichen."
    ),
    "init.password.app": "Mailprogramme brauchen dort ein App-Passwort; das übliche wird abgelehnt.",
    "init.password.none": "Mit einem Passwort geht es dort nicht mehr, nur mit einer Anmeldung im Browser (OAuth).",
    "init.help_page": "Auf den Hilfeseiten heißt das: {page}",
    "init.imap_is": "Posteingang: {server}",
    "init.relay_is": "Postausgang: {server}",
    "init.no_relay": "Postausgang: keiner",
    "init.server": "{host}, Port {port} ({security}), Benutzer {user}",
    "init.servers_right": "Stimmen die Server?",
    "init.imap_host": "Server für den Posteingang (IMAP)",
    "init.with_relay": (
        "Soll Gelassen auch senden können? Nötig ist das nur für den Weg über das Gateway und für release --send."
    ),
    "init.relay_host": "Server für den Postausgang (SMTP)",
    "init.security": "Wie ist die Verbindung geschützt?",
    "init.security.tls": "TLS von Anfang an",
    "init.security.starttls": "STARTTLS",
    "init.security.none": "gar nicht (nur auf diesem Rechner)",
    "init.port": "Port",
    "init.user": "Benutzername",
    # Passwort und Anmeldung
    "init.login": "Anmeldung",
    "init.source": "Woher soll Gelassen das Passwort nehmen?",
    "init.source.keep": "wie bisher",
    "init.source.keyring": "aus dem Schlüsselbund dieses Rechners; Gelassen legt es dort ab",
    "init.source.password_command": "aus einem Befehl, der es ausgibt, etwa: pass show mail",
    "init.source.password_env": "aus einer Umgebungsvariablen",
    "init.source.oauth": "statt eines Passworts eine Anmeldung im Browser (OAuth)",
    "init.no_keyring": "Einen Schlüsselbund, der schützt, gibt es hier nicht:",
    "init.password": "Passwort für {user} (es bleibt unsichtbar)",
    "init.command": "Befehl",
    "init.variable": "Name der Umgebungsvariablen",
    "init.variable_unset": (
        "Die Variable ist hier nicht gesetzt. Für die Probe fragt Gelassen einmal nach dem Passwort; gespeichert"
        " wird es nicht."
    ),
    "init.trying": "Anmeldung bei {host} …",
    "init.logged_in": "angemeldet als {user}",
    "init.what_now": "Was möchten Sie tun?",
    "init.change.secret": "das Passwort noch einmal angeben",
    "init.change.user": "einen anderen Benutzernamen angeben",
    "init.change.server": "andere Server angeben",
    "init.change.sign_in": "noch einmal anmelden",
    "init.change.without": "vorerst ohne Postausgang weitermachen",
    # OAuth
    "init.oauth.issuer": "Bei wem liegt das Postfach?",
    "init.oauth.microsoft": (
        "Dafür braucht es eine eigene App-Registrierung in Microsoft Entra: öffentlicher Client, delegierte Rechte"
        " IMAP.AccessAsUser.All und SMTP.Send (Schritt für Schritt in docs/operations.md)."
    ),
    "init.oauth.google": (
        "Dafür braucht es einen eigenen OAuth-Client in der Google Cloud Console, Art „Desktop-App“, und dessen"
        " JSON-Datei (Schritt für Schritt in docs/operations.md)."
    ),
    "init.oauth.client_id": "Anwendungs-ID (Client-ID)",
    "init.oauth.tenant": "Mandant, oder common für Konten jeder Art",
    "init.oauth.client_file": "Pfad der JSON-Datei",
    "init.oauth.token_file": (
        "Ohne Schlüsselbund käme das Aktualisierungstoken in die Datei {path}, die nur Sie lesen dürfen. Einverstanden?"
    ),
    "init.oauth.nowhere": "Ohne einen Platz für das Token geht die Anmeldung im Browser nicht.",
    "init.oauth.enter": "Öffnen Sie {page} und geben Sie diesen Code ein: {code}",
    "init.oauth.open": "Öffnen Sie diese Seite auf diesem Rechner:\n  {page}",
    "init.oauth.waiting": "Gelassen wartet auf Ihre Anmeldung …",
    "init.oauth.page": "Angemeldet. Sie können dieses Fenster schließen und zu Gelassen zurückkehren.",
    # Ordner
    "init.folders": "Ordner",
    "init.folder.inbox": "Posteingang",
    "init.folder.drafts": "Entwürfe",
    "init.folder.sent": "Gesendet",
    "init.folder.trash": "Papierkorb",
    "init.folder.cooling_off": "Abkühlung",
    "init.folder_is": "{role}: {name}",
    "init.folder_new": "wird angelegt",
    "init.folder_none": "keiner",
    "init.folders_right": "Stimmen die Ordner?",
    "init.folder_missing": "Einen Ordner für „{role}“ hat Gelassen nicht gefunden. Es gibt: {names}",
    "init.folder_which": "Ordner für „{role}“",
    "init.folder_unknown": "„{name}“ gibt es nicht. Es gibt: {names}",
    "init.folder_create": "„{name}“ anlegen?",
    "init.folder_created": "„{name}“ ist angelegt",
    # Postausgang und Gateway
    "init.relay": "Postausgang",
    "init.relay_works": "angemeldet bei {host}; gesendet wurde nichts",
    "init.gateway": "Senden über Gelassen",
    "init.gateway_why": (
        "Entwürfe bewacht Gelassen von selbst. Wer oft gleich sendet, lässt das Mailprogramm über Gelassen senden:"
        " Ruhiges geht sofort weiter, Hitziges wartet erst."
    ),
    "init.with_gateway": "Das Mailprogramm über Gelassen senden lassen?",
    "init.gateway_port": "Port",
    "init.gateway_password": "Passwort für das Mailprogramm (jetzt notieren): {password}",
    "init.gateway_kept": "Passwort für das Mailprogramm: wie bisher",
    "init.gateway_steps": "So stellen Sie das Mailprogramm ein, sobald gelassen run läuft:",
    "init.gateway_server": "Postausgangsserver localhost, Port {port}, STARTTLS, Passwort, Benutzer {user}",
    "init.steps.thunderbird": (
        "Thunderbird: Konten-Einstellungen → Postausgangsserver (SMTP) → Hinzufügen, mit diesen Angaben. Dann"
        " beim Konto diesen Postausgangsserver wählen. Beim ersten Senden das Zertifikat einmal als Ausnahme"
        " bestätigen."
    ),
    "init.steps.apple": (
        "Apple Mail: Einstellungen → Accounts → Servereinstellungen → Account (ausgehende E-Mails) →"
        " SMTP-Serverliste bearbeiten → +, ohne „Verbindungseinstellungen automatisch verwalten“. Das Zertifikat"
        " einmal als vertrauenswürdig bestätigen."
    ),
    "init.steps.outlook": (
        "Outlook (klassisch): Datei → Kontoeinstellungen → Serverdaten ändern. Vorher das Zertifikat"
        " gateway-cert.pem (bei der Datenbank) in Windows als vertrauenswürdige Stammzertifizierungsstelle"
        " einrichten. Das neue Outlook sendet über Server von Microsoft und erreicht diesen Rechner nicht."
    ),
    # Zeit und Ort
    "init.hours": "Arbeitszeit",
    "init.zone": "Zeitzone",
    "init.region": "Land oder Bundesland für die Feiertage (DE-BY für Bayern, AT-9 für Wien, CH-ZH für Zürich)",
    "init.morning": "Ab wann arbeiten Sie morgens?",
    "init.night": "Ab wann ist für Sie Nacht? Antworten auf hitzige Mails warten dann bis zum Morgen",
    "init.night_end": "Bis wann?",
    # Schluss
    "init.check": "Probe mit dem, was jetzt gespeichert ist",
    "init.written": "geschrieben: {path}",
    "init.done": "Fertig. So geht es weiter:",
    "init.next.once": "gelassen run --once       ein erster Durchgang: die Mails im Posteingang beurteilen",
    "init.next.run": "gelassen run              dauerhaft beobachten",
    "init.next.service": "gelassen service install  bei jeder Anmeldung von selbst starten",
    "init.not_well": "Eingerichtet, aber nicht alles hat geklappt. Später noch einmal prüfen: gelassen doctor",
    # Dienst
    "help.service": "startet Gelassen bei jeder Anmeldung von selbst: install, uninstall, status",
    "option.service.action": "install: einrichten und starten; uninstall: beenden und entfernen; status: läuft es?",
    "service.installed": "Eingerichtet und gestartet: {file}",
    "service.uninstalled": "Beendet und entfernt: {file}",
    "service.running": "läuft ({file})",
    "service.stopped": "eingerichtet, läuft aber nicht ({file}); warum, sagt: journalctl --user -u gelassen",
    "service.missing": "nicht eingerichtet; einrichten mit: gelassen service install",
    "service.journal": "Was es tut, steht im Journal: journalctl --user -u gelassen -f",
    "service.log": "Was es tut, steht in ~/Library/Logs/gelassen/daemon.log",
    "service.password_env": (
        "ein Passwort kommt aus einer Umgebungsvariablen, die der Dienst nicht kennt; besser Schlüsselbund oder"
        " password_command (docs/operations.md)"
    ),
    "service.elsewhere": (
        "Einen Dienst richtet Gelassen hier nicht selbst ein. Wie es unter Windows geht, steht in docs/operations.md"
    ),
}
