"""Single answers of models: read from logs, scored, resampled together."""
