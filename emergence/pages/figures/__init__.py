"""The figures: one module each, with its data, its drawing, its caption and what it needs."""
