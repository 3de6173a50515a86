"""Pages and figures, made from the tables. No mathematics here."""
