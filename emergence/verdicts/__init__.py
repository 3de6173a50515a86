"""What a whole dataset supports: multiplicity and the verdict on each curve.

What belongs to one curve alone is in `emergence.inference`; what stands here may move when a
task is added to the dataset.
"""
