"""Use cases: gather facts through ports, ask core to decide, act through ports."""
