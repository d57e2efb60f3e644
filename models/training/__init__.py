"""How the shipped escalation model is made: base, training, honest evaluation, export.

Run ``python -m models.training --help`` from the repository root. Nothing here is needed at run time.
"""
