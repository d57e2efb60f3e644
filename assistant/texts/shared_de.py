"""Was an PostgreSQL und Gateway schiefgeht, auf Deutsch; gebaut wie :mod:`assistant.texts.outside_de`."""

from __future__ import annotations

from typing import Final

SHARED_DE: Final[tuple[tuple[str, str], ...]] = (
    (
        "[store] url: use sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE.",
        "[store] url: nehmen Sie sqlite:///DATEI oder postgresql+psycopg://NUTZER@RECHNER/DATENBANK.",
    ),
    (
        "[store] url: PostgreSQL needs psycopg; pip install 'gelassen[postgres]'",
        "[store] url: für PostgreSQL fehlt psycopg; bitte pip install 'gelassen[postgres]'",
    ),
    (
        "[store] url: sslmode={} may send mail in clear text; use sslmode=verify-full, or at least require.",
        "[store] url: mit sslmode={0} gingen Mails womöglich im Klartext über die Leitung; nehmen Sie "
        "sslmode=verify-full, mindestens require.",
    ),
    (
        "the server cannot be reached; it is tried again. Nothing was lost.",
        "der Server ist nicht erreichbar; es wird weiter versucht. Nichts ging verloren.",
    ),
    (
        "the server has no connection left; raise max_connections there, or try again in a moment.",
        "der Server hat keine Verbindung mehr frei; bitte dort max_connections erhöhen oder gleich noch "
        "einmal versuchen.",
    ),
    (
        "the login was refused; check user and password (~/.pgpass) and pg_hba.conf of the server.",
        "die Anmeldung wurde abgelehnt; bitte Nutzer und Passwort (~/.pgpass) und pg_hba.conf des Servers prüfen.",
    ),
    (
        "the user may not do this; make it the owner of the database.",
        "der Nutzer darf das nicht; machen Sie ihn zum Besitzer der Datenbank.",
    ),
    (
        "there is no such database; create it with: createdb --encoding=UTF8 NAME",
        "diese Datenbank gibt es nicht; anlegen mit: createdb --encoding=UTF8 NAME",
    ),
    (
        "the server offers no encryption; switch ssl on there, or reach it through a tunnel on 127.0.0.1.",
        "der Server bietet keine Verschlüsselung; bitte dort ssl einschalten oder ihn durch einen Tunnel "
        "über 127.0.0.1 erreichen.",
    ),
    (
        "the server's certificate is not trusted; check sslrootcert and the host's name in [store] url.",
        "dem Zertifikat des Servers ist nicht zu trauen; bitte sslrootcert und den Rechnernamen in [store] url prüfen.",
    ),
    (
        "an option after ? in [store] url is not understood; they are those of libpq.",
        "eine Angabe hinter ? in [store] url ist unbekannt; möglich sind die von libpq.",
    ),
    (
        "the server is short of memory; try again in a moment.",
        "dem Server fehlt Speicher; bitte gleich noch einmal.",
    ),
    (
        "is read-only, perhaps a standby; name the primary server in [store] url.",
        "darf nur gelesen werden, vielleicht ein Standby; bitte in [store] url den Hauptserver nennen.",
    ),
    (
        ": its encoding is {}; create the database with ENCODING 'UTF8'.",
        ": die Kodierung ist {0}; bitte die Datenbank mit ENCODING 'UTF8' anlegen.",
    ),
    (
        "all connections are busy; try again in a moment.",
        "alle Verbindungen sind belegt; bitte gleich noch einmal.",
    ),
    (
        ": another Gelassen works on this account; it is tried again.",
        ": ein anderes Gelassen arbeitet gerade an diesem Konto; es wird noch einmal versucht.",
    ),
    (
        "the gateway cannot listen on port {}: {}; another program may use it, choose another one ([gateway] port)",
        "das Gateway kann Port {0} nicht öffnen: {1}; vielleicht benutzt ihn ein anderes Programm, wählen"
        " Sie einen anderen ([gateway] port)",
    ),
    (
        "the gateway's certificate {} cannot be written: {}; check the folder and its mode",
        "das Zertifikat {0} des Gateways lässt sich nicht schreiben: {1}; bitte den Ordner und seine Rechte prüfen",
    ),
    (
        "the gateway's certificate {} cannot be used: {}",
        "das Zertifikat {0} des Gateways ist nicht brauchbar: {1}",
    ),
    (
        ": no lock can be made there ({})",
        ": dort lässt sich keine Sperre anlegen ({0})",
    ),
    (
        'account "{}" has no relay to send through; add relay = {}',
        "das Konto „{0}“ hat kein relay, über das sich senden ließe; tragen Sie dort relay = {1} ein",
    ),
    (
        "Draft {} has no recipient; release it into Drafts and fill in To.",
        "Der Entwurf {0} hat keinen Empfänger; geben Sie ihn in die Entwürfe frei und tragen Sie An ein.",
    ),
    (
        "The sender of draft {} is not an address of this account; see [[account]] aliases.",
        "Der Absender des Entwurfs {0} gehört nicht zu diesem Konto; siehe [[account]] aliases.",
    ),
    (
        "no account with a relay has this sender; see [[account]] address, aliases and relay",
        "kein Konto mit relay hat diesen Absender; siehe [[account]] address, aliases und relay",
    ),
    ("{}: the key of the review pages cannot be used: {}", "{0}: der Schlüssel der Seite ist nicht zu gebrauchen: {1}"),
    (
        ": this is not the key of the review pages; delete the file and start again",
        ": das ist nicht der Schlüssel der Seite; löschen Sie die Datei und starten Sie neu",
    ),
    (
        "the review page cannot listen on port {}: {}; another program may use it, choose another one ([web] port)",
        "die Seite kann auf Port {0} nicht angeboten werden: {1}; vielleicht nutzt ihn ein anderes Programm, nehmen Sie"
        " einen anderen ([web] port)",
    ),
)
