"""What models answered, example by example: read from logs, scored anew, resampled together."""
