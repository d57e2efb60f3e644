"""The commands, called in this process: real settings, parser, store and services; mailbox and model in memory."""
