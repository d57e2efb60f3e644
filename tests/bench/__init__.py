"""How fast Gelassen is on this machine: ``make bench``. See ``__main__``."""
