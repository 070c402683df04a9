"""The wall: one snapshot a second of what happens in a park, sent to every screen that looks at it."""
