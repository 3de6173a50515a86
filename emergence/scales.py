"""How many scales a curve needs: what the first stages need of the later ones."""

#: Below so many scales the emergence score is inverted: with three, a perfect line
#: scores 2 and a perfect step 1.414.
FEWEST_SCALES = 4
