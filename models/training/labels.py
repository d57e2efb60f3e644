"""The seventeen outputs of the model, in order: three ordinal levels, then the fourteen signals of LABELS.md."""

from __future__ import annotations

from typing import Final

from assistant.adapters import _calibration
from assistant.core.escalation import CALM_SIGNALS

OUTPUTS: Final = _calibration.OUTPUTS
LEVELS: Final = OUTPUTS[:3]
SIGNALS: Final = OUTPUTS[3:]

# Signals that stand in the hot sentences themselves; the others may stand anywhere in a mail, calm sentences included.
HEAT_SIGNALS: Final = frozenset(SIGNALS) - {str(signal) for signal in CALM_SIGNALS}
