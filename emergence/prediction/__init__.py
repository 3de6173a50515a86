"""What the law foretells of models that it was not fitted to, by axis and beside other forecasts.

`left_out` and `forecasts` know neither tables nor files.
"""
