"""The demonstration: an embedded mailbox, stories told in real mail, a live view of what Gelassen makes of them."""
