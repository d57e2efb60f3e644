"""Was Fehler draußen auf Deutsch heißen: Server, Datenbank, Dateien, Modell, Vorlagen.

Stücke der englischen Meldung, ``{}`` steht für Eingesetztes; der Reihe nach ersetzt (:func:`assistant.texts.spoken`).
"""

from __future__ import annotations

from typing import Final

OUTSIDE_DE: Final[tuple[tuple[str, str], ...]] = (
    # Server
    (
        ": the server's certificate is not trusted ({}); check that imap.host is the name that the"
        " provider gives for IMAP. Nothing was sent.",
        ": dem Zertifikat des Servers ist nicht zu trauen ({0}); steht in imap.host der Name, den der"
        " Anbieter für IMAP nennt? Es wurde nichts gesendet.",
    ),
    (
        ': the server does not speak TLS on this port; security = "tls" usually goes with port 993,'
        ' security = "starttls" with port 143',
        ': der Server spricht an diesem Port kein TLS; security = "tls" gehört meist zu Port 993, security'
        ' = "starttls" zu Port 143',
    ),
    (
        ': security = "none" would send the password in clear text; use "tls" or "starttls"',
        ': mit security = "none" ginge das Passwort im Klartext über die Leitung; nehmen Sie "tls" oder "starttls"',
    ),
    (
        ': no STARTTLS is offered here; try security = "tls" with port 993',
        ': STARTTLS gibt es hier nicht; versuchen Sie security = "tls" mit Port 993',
    ),
    (
        ": this is not an IMAP server; check imap.host and imap.port",
        ": das ist kein IMAP-Server; bitte imap.host und imap.port prüfen",
    ),
    (": connection lost before the login", ": die Verbindung riss vor der Anmeldung ab"),
    (' (perhaps the port wants security = "tls")', ' (vielleicht verlangt der Port security = "tls")'),
    (": connection lost ({})", ": Verbindung verloren ({0})"),
    (
        ": the mailbox is full ({}); make room there, then it goes on by itself",
        ": das Postfach ist voll ({0}); bitte dort Platz schaffen, dann geht es von selbst weiter",
    ),
    ("the server closed it", "der Server hat sie beendet"),
    ("an answer out of step", "eine Antwort, die nicht an der Reihe war"),
    ("the answer to SELECT", "die Antwort auf SELECT"),
    (": the CA file {} cannot be used ({})", ": die CA-Datei {0} ist nicht brauchbar ({1})"),
    (": no encrypted connection ({})", ": keine verschlüsselte Verbindung ({0})"),
    (
        ": the name cannot be resolved ({}); check imap.host and the network",
        ": den Namen kennt niemand ({0}); bitte imap.host und das Netz prüfen",
    ),
    (": this is not the name of a computer; check imap.host", ": das ist kein Rechnername; bitte imap.host prüfen"),
    (": no answer within {} seconds", ": keine Antwort innerhalb von {0} Sekunden"),
    (": cannot connect ({})", ": keine Verbindung ({0})"),
    (": the server turns us away ({})", ": der Server weist uns ab ({0})"),
    (": message {} is no longer in {}", ": Nachricht {0} liegt nicht mehr in {1}"),
    (": message {} in {} cannot be read", ": Nachricht {0} in {1} ist nicht lesbar"),
    (": messages in {} cannot be read", ": Nachrichten in {0} sind nicht lesbar"),
    (": messages in {} may not be deleted", ": Nachrichten in {0} dürfen nicht gelöscht werden"),
    (" is read-only on the server", " darf auf dem Server nicht geändert werden"),
    (": the folder {} is no longer there", ": den Ordner {0} gibt es nicht mehr"),
    (
        ": the messages in {} were numbered anew (UIDVALIDITY)",
        ": die Nachrichten in {0} wurden neu nummeriert (UIDVALIDITY)",
    ),
    (
        ": no folder for {} found; set folders.{} to one of: ",
        ": kein Ordner für {0} gefunden; setzen Sie folders.{1} auf einen von: ",
    ),
    (" is not on the server; there are: ", " gibt es auf dem Server nicht; es gibt: "),
    (": account {}: ", ": Konto {0}: "),
    ("internal error: {}", "interner Fehler: {0}"),
    # Anmeldung bei Microsoft und Google
    (
        ": the token server {} cannot be reached ({})",
        ": der Anmeldeserver {0} ist nicht zu erreichen ({1})",
    ),
    (
        ": the sign-in does not hold (any more); sign in with: gelassen init ({})",
        ": die Anmeldung gilt nicht (mehr); neu anmelden mit: gelassen init ({0})",
    ),
    (
        ": the token server does not know this client as it is registered ({})",
        ": der Anmeldeserver kennt die Anwendung so nicht, wie sie registriert ist ({0})",
    ),
    (
        ": the token server gave no refresh token; is the client one for installed programs?",
        ": der Anmeldeserver gab kein Aktualisierungstoken; ist die Anwendung eine für installierte Programme?",
    ),
    (": keyring has nothing of it; set it up again", ": im Schlüsselbund steht davon nichts; set it up again"),
    (": {} cannot be read ({}); set it up again", ": {0} ist nicht lesbar ({1}); set it up again"),
    ("set it up again with: gelassen init", "bitte neu einrichten mit: gelassen init"),
    (": nobody signed in within {} minutes", ": niemand hat sich innerhalb von {0} Minuten angemeldet"),
    (
        ": oauth.authority cannot be used; is the tenant right?",
        ": oauth.authority ist nicht brauchbar; stimmt der Mandant?",
    ),
    (
        " is not the client of a desktop app as Google's console gives it",
        " ist nicht die Datei einer Desktop-App, wie Googles Konsole sie ausgibt",
    ),
    (
        ": others may read {}; take that away with chmod 600",
        ": andere dürfen {0} lesen; nehmen Sie das weg mit chmod 600",
    ),
    (" cannot be written: {}", " ist nicht zu schreiben: {0}"),
    (" failed with status {}: {}", " endete mit Status {0}: {1}"),
    (
        " is not on this machine; docs/operations.md tells other ways",
        " gibt es auf diesem Rechner nicht; andere Wege stehen in docs/operations.md",
    ),
    (" gave no answer within three minutes", " gab drei Minuten lang keine Antwort"),
    ("(another word came back)", "(ein anderes Wort kam zurück)"),
    # Datenbank, Sperre, Dateien
    (
        "[store] url: this version keeps its ledger in SQLite only; use sqlite:///FILE.",
        "[store] url: diese Version speichert nur in SQLite; nehmen Sie sqlite:///FILE.",
    ),
    (
        ": written by a newer Gelassen (schema {}, this program knows {}); install the newer version again.",
        ": von einem neueren Gelassen geschrieben (Schema {0}, dieses Programm kennt {1}); bitte die"
        " neuere Version wieder einrichten.",
    ),
    (
        "the disk is full; free some space. Nothing was lost.",
        "der Datenträger ist voll; bitte Platz schaffen. Nichts ging verloren.",
    ),
    (
        "is locked by another program; try again in a moment.",
        "ist von einem anderen Programm gesperrt; bitte gleich noch einmal.",
    ),
    (
        "is read-only; check the owner and mode of file and folder.",
        "darf nicht geändert werden; bitte Besitzer und Rechte von Datei und Ordner prüfen.",
    ),
    (
        "cannot be written; check the owner and mode of file and folder.",
        "lässt sich nicht schreiben; bitte Besitzer und Rechte von Datei und Ordner prüfen.",
    ),
    (
        "is damaged; stop Gelassen if it runs, then mend it with: gelassen doctor --repair",
        "ist beschädigt; beenden Sie Gelassen, falls es läuft, und reparieren Sie mit: gelassen doctor --repair",
    ),
    (
        ": is gone, but its backup is there; put that in its place with: gelassen doctor --repair (or begin anew:"
        " remove {})",
        ": ist nicht mehr da, wohl aber die Sicherung; stellen Sie sie wieder her mit: gelassen doctor --repair (oder"
        " fangen Sie neu an und löschen Sie {0})",
    ),
    (": the repair broke off ({}); nothing was changed.", ": die Reparatur brach ab ({0}); nichts wurde geändert."),
    (": the backup cannot be written ({}).", ": die Sicherung lässt sich nicht schreiben ({0})."),
    (
        "a database server is not mended from here: stop every Gelassen, restore a dump with the server's own tools,"
        " then see docs/operations.md",
        "ein Datenbankserver wird nicht von hier aus repariert: beenden Sie jedes Gelassen, spielen Sie eine Sicherung"
        " mit den Werkzeugen des Servers ein, dann weiter nach docs/operations.md",
    ),
    (
        "is not a database; check [store] url in config.toml, or mend it with: gelassen doctor --repair",
        "ist keine Datenbank; bitte [store] url in config.toml prüfen oder reparieren mit: gelassen doctor --repair",
    ),
    (
        "cannot be opened ({}); set [store] url in config.toml.",
        "lässt sich nicht öffnen ({0}); bitte [store] url in config.toml setzen.",
    ),
    (
        "cannot be opened; check the folder and its mode.",
        "lässt sich nicht öffnen; bitte den Ordner und seine Rechte prüfen.",
    ),
    (
        "the disk reports an error; check it and its free space.",
        "der Datenträger meldet einen Fehler; bitte ihn und seinen freien Platz prüfen.",
    ),
    (
        "cannot be locked ({}); check the folder and its mode.",
        "lässt sich nicht sperren ({0}); bitte den Ordner und seine Rechte prüfen.",
    ),
    ("the lock {} cannot be opened: ", "die Sperre {0} lässt sich nicht öffnen: "),
    ("the lock {} cannot be taken: ", "die Sperre {0} lässt sich nicht nehmen: "),
    ("; check the folder and its mode", "; bitte den Ordner und seine Rechte prüfen"),
    ("Gelassen runs already", "Gelassen läuft schon"),
    (" (process {});", " (Prozess {0});"),
    ("; stop that one first, or look at it with: ", "; bitte erst beenden, oder ansehen mit: "),
    (
        " cannot be created: {}; check the folder above it",
        " lässt sich nicht anlegen: {0}; bitte den Ordner darüber prüfen",
    ),
    (
        "there are no mails in this folder (.eml files, or a Maildir)",
        "in diesem Ordner sind keine Mails (.eml-Dateien oder ein Maildir)",
    ),
    (
        "The bytes of draft {} were forgotten after 30 days.",
        "Die Bytes des Entwurfs {0} sind nach 30 Tagen vergessen.",
    ),
    ("The bytes of draft {} are no longer there.", "Die Bytes des Entwurfs {0} sind nicht mehr da."),
    (
        ": is damaged; delete it, and replay judges everything anew.",
        ": ist beschädigt; bitte löschen, dann beurteilt replay alles neu.",
    ),
    (
        ": no account is set up; add one as [[account]] in {}",
        ": es ist kein Konto eingerichtet; bitte als [[account]] eintragen in {0}",
    ),
    (
        ": there is no such account; write imap:ACCOUNT/FOLDER with one of: {}",
        ": dieses Konto gibt es nicht; schreiben Sie imap:KONTO/ORDNER mit einem von: {0}",
    ),
    (
        "PNG pictures need Pillow ({}); install gelassen again, or name the file .svg",
        "PNG-Bilder brauchen Pillow ({0}); bitte Gelassen neu einrichten oder die Datei .svg nennen",
    ),
    # Modell
    (
        "the model is incomplete; reinstall gelassen or run 'make model'",
        "das Modell ist unvollständig; Gelassen neu einrichten oder „make model“ aufrufen",
    ),
    ("; reinstall gelassen or run 'make model'", "; Gelassen neu einrichten oder „make model“ aufrufen"),
    (
        "the model in {} is incomplete: {} of its weights are missing",
        "das Modell in {0} ist unvollständig: es fehlen {1} seiner Gewichte",
    ),
    ("{} does not describe a model", "{0} beschreibt kein Modell"),
    ("{}: its sizes do not go together", "{0}: die Größen darin passen nicht zusammen"),
    ("{}: {} is {}, not a size", "{0}: {1} ist {2}, das ist keine Größe"),
    (
        "{} is incomplete: {} of its weights are missing ({} …)",
        "{0} ist unvollständig: es fehlen {1} der Gewichte ({2} …)",
    ),
    (
        "{}: {} has the size {}, but config.json makes it {}",
        "{0}: {1} hat die Größe {2}, nach config.json müsste sie {3} sein",
    ),
    (
        "{}: {} is stored as {}; 16 or 32 bit floats are understood",
        "{0}: {1} ist als {2} abgelegt; verstanden werden Gleitkommazahlen mit 16 oder 32 Bit",
    ),
    (
        "the model in {} gives a number, not probabilities of labels; [judge] model must be a classifier",
        "das Modell in {0} liefert eine Zahl statt Wahrscheinlichkeiten für Stufen; [judge] model muss ein"
        " Klassifikator sein",
    ),
    (
        "{} has more tokens than the model beside it knows: they are of two models",
        "{0} hat mehr Wortstücke, als das Modell daneben kennt: Die beiden gehören nicht zusammen",
    ),
    (
        "torch and tokenizers are needed to judge mail ({}); install gelassen again",
        "zum Beurteilen von Mails fehlen torch oder tokenizers ({0}); bitte Gelassen neu einrichten",
    ),
    (
        "{} does not go with the model beside it; reinstall gelassen",
        "{0} passt nicht zum Modell daneben; bitte Gelassen neu einrichten",
    ),
    (
        "{} is not read, for such a file can run a program; save the model as safetensors",
        "{0} wird nicht gelesen, denn eine solche Datei kann ein Programm ausführen; bitte das Modell als safetensors"
        " speichern",
    ),
    ("the model in {} cannot be loaded ({})", "das Modell in {0} lässt sich nicht laden ({1})"),
    (
        "torch and transformers are needed to judge mail ({}); install gelassen again",
        "zum Beurteilen braucht es torch und transformers ({0}); bitte Gelassen neu einrichten",
    ),
    (
        "the model {} was not found (looked in {}); check [judge] model in config.toml",
        "das Modell {0} wurde nicht gefunden (gesucht in {1}); bitte [judge] model in config.toml prüfen",
    ),
    (
        "the model {} is not Gelassen's own; [judge] labels must map its labels to levels",
        "das Modell {0} ist nicht das von Gelassen; [judge] labels muss seinen Namen Stufen zuordnen",
    ),
    (
        " has labels of its own ({}); map them to levels with [judge] labels in config.toml",
        " hat eigene Namen ({0}); ordnen Sie ihnen Stufen zu mit [judge] labels in config.toml",
    ),
    ("[judge] labels names {}, but the model's labels are {}", "[judge] labels nennt {0}, das Modell kennt aber {1}"),
    (" cannot be used ({})", " ist nicht brauchbar ({0})"),
    (
        "it was made for other outputs than this version of gelassen knows",
        "es wurde für andere Ausgaben gemacht, als diese Version kennt",
    ),
    (" is missing: ", " fehlt: "),
    # Vorlagen
    (
        ": no such folder, create it or correct [replies] directory",
        ": den Ordner gibt es nicht, bitte anlegen oder [replies] directory berichtigen",
    ),
    (": no such folder, reinstall gelassen", ": den Ordner gibt es nicht, bitte Gelassen neu einrichten"),
    ("; correct it, the other templates still work", "; bitte berichtigen, die anderen Vorlagen gehen weiter"),
    (
        "a template begins with a front matter between two lines ---",
        "eine Vorlage beginnt mit einem Kopf zwischen zwei Zeilen ---",
    ),
    ("there is no text below the front matter", "unter dem Kopf steht kein Text"),
    ('the front matter lacks "{}"', "im Kopf fehlt „{0}“"),
    ("this is not UTF-8 text", "das ist kein UTF-8-Text"),
    ("longer than {} characters", "länger als {0} Zeichen"),
    (" is already in ", " steht schon in "),
    ("name has only small letters, digits and _", "name hat nur kleine Buchstaben, Ziffern und _"),
    ("language is one of {}", "language ist eines von {0}"),
    ("register is one of {}", "register ist eines von {0}"),
    ("levels is a list of 0, 1, 2, 3", "levels ist eine Liste aus 0, 1, 2, 3"),
    ("signals is a list of texts", "signals ist eine Liste von Texten"),
    (
        "slots is a list of names with small letters, digits and _",
        "slots ist eine Liste von Namen aus kleinen Buchstaben, Ziffern und _",
    ),
    (" is a text in quotes", " ist ein Text in Anführungszeichen"),
    ('unknown signal "{}"', "das Anzeichen „{0}“ gibt es nicht"),
    ("an attribute (a dot)", "ein Attribut (ein Punkt)"),
    (" is not possible in a reply template", " geht in einer Antwortvorlage nicht"),
    (
        'unknown name "{}"; add it to slots = [...] or correct it',
        "den Namen „{0}“ gibt es nicht; bitte in slots = [...] eintragen oder berichtigen",
    ),
    (" is not possible here, only words in quotes are", " geht hier nicht, nur Wörter in Anführungszeichen"),
    ("only ==, != and in can compare", "vergleichen können nur ==, != und in"),
    ('unknown test "{}", only "defined" is possible', "den Test „{0}“ gibt es nicht, nur „defined“"),
    ('unknown filter "{}", possible: {}', "den Filter „{0}“ gibt es nicht, möglich: {1}"),
    ('"{}" takes no named arguments', "„{0}“ nimmt keine benannten Angaben"),
    (
        'gap needs one label in quotes: {{ slot|gap("what is to be filled in") }}',
        'gap braucht ein Wort in Anführungszeichen: {{ slot|gap("was auszufüllen ist") }}',
    ),
    (
        "the label of a gap has no brackets and no line break",
        "das Wort einer Lücke hat keine Klammern und keinen Umbruch",
    ),
    ("the label of a gap is at most {} characters long", "das Wort einer Lücke ist höchstens {0} Zeichen lang"),
    ('no reply template "{}" in {} {}; there are: {}', "keine Antwortvorlage „{0}“ in {1} {2}; es gibt: {3}"),
    # Benachrichtigungen
    ("no notification can be shown: ", "keine Benachrichtigung möglich: "),
    ("the notification server did not take it", "das Programm, das sie zeigen soll, nimmt sie nicht an"),
    ("the notification server does not answer", "das Programm, das sie zeigen soll, antwortet nicht"),
    ("this system does not let the program show any", "dieses System lässt das Programm keine zeigen"),
    ("there is no desktop session here", "hier ist niemand an einem Bildschirm angemeldet"),
    # das Betriebssystem
    ("cannot be read ({})", "nicht lesbar ({0})"),
    (" cannot be read: ", " ist nicht lesbar: "),
    ("No such file or directory", "das gibt es nicht"),
    ("Permission denied", "keine Berechtigung"),
    ("Is a directory", "ist ein Ordner"),
    ("Not a directory", "ist kein Ordner"),
    ("No space left on device", "der Datenträger ist voll"),
    ("Read-only file system", "hier darf nichts geschrieben werden"),
    ("Connection refused", "Verbindung abgelehnt"),
    ("Connection reset by peer", "die Gegenseite hat aufgelegt"),
    ("Network is unreachable", "das Netz ist nicht erreichbar"),
    ("No route to host", "dorthin führt kein Weg"),
    ("Name or service not known", "unbekannter Name"),
    ("Temporary failure in name resolution", "die Namensauskunft antwortet nicht"),
)
