"""Predictions of models that the law was not fitted to, by axis and by other forecasts.

`left_out` and `forecasts` know neither tables nor files.
"""
