"""The use cases, with the store, the parser and the templates that are really used."""
