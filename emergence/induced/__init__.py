"""Families of small networks, trained here, whose sharpness depends on the metric.

Nobody calls these networks emergent. Their scores are measured, not drawn: each metric of a
task scores the same answers of the same networks, so whatever differs between two metrics was
made by the metric. A control learns its task abruptly under every metric.
"""
