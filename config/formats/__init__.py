"""How days and instants are written where no page says otherwise: alike in both languages, as in the portal."""
