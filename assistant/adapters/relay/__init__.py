"""The provider's submission server (RFC 5321, 6409, 8314), over a wire of our own.

smtplib is not the base, because its faults lie where the promise lies: ``data()`` hides whether the text was handed
over when it fails, an over-long reply becomes a final 500, a reply may have any number of lines and each of its bytes
a fresh time-out, ``login`` tries one wrong password three times and knows ASCII only, addresses are rewritten by
``parseaddr``, and the constructor looks up this machine's name in the DNS.
"""

from __future__ import annotations

from assistant.adapters.relay.settings import RelaySettings
from assistant.adapters.relay.submission import SubmissionRelay

__all__ = ["RelaySettings", "SubmissionRelay"]
